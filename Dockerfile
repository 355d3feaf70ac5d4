# The application; the database is a service of its own (compose.yaml).
FROM python:3.12-slim-bookworm

# libexpat1: the wheels of fiona and rasterio need it and do not bring it; the slim image has none.
RUN apt-get update \
 && apt-get install -y --no-install-recommends fonts-noto-cjk libexpat1 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 bluesky \
 && install -d -o bluesky -m 700 /data

WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary=:all: --no-deps -r requirements.lock
COPY . .
RUN python -m maps.assets && install -d -o bluesky -m 700 instance

USER bluesky
ENV BLUESKY_DATA_DIR=/data PYTHONUNBUFFERED=1
EXPOSE 8000
CMD ["sh", "-c", "python app.py store make && exec python app.py serve --host 0.0.0.0 --port 8000 --insecure-lan"]
