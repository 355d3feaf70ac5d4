@echo off
rem Tasks of Windows: the night's work and a backup every day. Run once as administrator, from where it lies.
rem They run as SYSTEM: give that account, and nobody else but administrators, the folder "instance".
set "PY=%~dp0..\..\.venv\Scripts\python.exe"
set "APP=%~dp0..\..\app.py"
set "BACKUPS=%~dp0..\..\instance\backups"
if not exist "%BACKUPS%" mkdir "%BACKUPS%"
schtasks /Create /F /RU SYSTEM /TN "Bluesky nightly" /SC DAILY /ST 00:30 /TR "\"%PY%\" \"%APP%\" assess --nightly"
schtasks /Create /F /RU SYSTEM /TN "Bluesky backup" /SC DAILY /ST 05:30 /TR "\"%PY%\" \"%APP%\" backup \"%BACKUPS%\" --keep 30"
