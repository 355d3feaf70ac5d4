@echo off
rem Sets the product up without a network: install.bat
cd /d "%~dp0"
set /p wanted=<python-version.txt
py -%wanted% -c "" >nul 2>nul
if %errorlevel%==0 (py -%wanted% install.py) else (python install.py)
