"""Sets the product up in its own folder from the wheels beside it; needs no network and no other package."""

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = HERE / ".venv"
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_CONFIG_FILE": os.devnull}
FOREIGN = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_REQUIREMENT", "PYTHONPATH", "PYTHONHOME")


def python() -> Path:
    """The interpreter of the environment."""
    return FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def main() -> int:
    """Make the environment, install the wheels by their hashes, look whether the product starts."""
    wanted = (HERE / "python-version.txt").read_text("ascii").strip()
    if f"{sys.version_info[0]}.{sys.version_info[1]}" != wanted:
        print(f"需要 Python {wanted} / Python {wanted} is needed", file=sys.stderr)
        return 1
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN} | OFFLINE
    print("正在安装 … / installing …", flush=True)
    try:
        venv.create(FOLDER, with_pip=True, clear=True, symlinks=os.name != "nt")
    except (OSError, subprocess.CalledProcessError):
        print("无法建立虚拟环境；Debian 请先安装 python3-venv / no venv; on Debian install python3-venv", file=sys.stderr)
        return 1
    command = [
        str(python()), "-m", "pip", "install", "--quiet", "--no-index", "--find-links", str(HERE / "wheels"),
        "--require-hashes", "--only-binary=:all:", "--no-deps", "--no-compile", "-r", str(HERE / "requirements.lock"),
    ]  # fmt: skip
    if subprocess.run(command, env=environment, check=False).returncode != 0:
        print("安装失败：安装包须与本机操作系统一致 / failed: the bundle must fit the operating system", file=sys.stderr)
        return 1
    if subprocess.run([str(python()), "app.py", "layers"], cwd=HERE, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        return 1
    print(f"安装完成，启动命令 / done, start with:\n  {python()} {HERE / 'app.py'} start")
    return 0


if __name__ == "__main__":
    sys.exit(main())
