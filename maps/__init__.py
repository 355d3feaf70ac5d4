"""Layer styles to Folium map shells, frames to printed maps. Knows no store, service or web."""
