"""JupyterLab left open with both sample applications deployed. ``make lab``."""

from __future__ import annotations

import shutil
import webbrowser
from pathlib import Path

from demo import APPS, deploy_body, deploy_path
from make_scene import make_scene
from serve import serving
from service import running

FOLDER = Path(__file__).parent.parent.parent / ".demo"


def main() -> None:
    """Serve until Ctrl-C."""
    user_folder = FOLDER / "user"
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(APPS.parent, user_folder)
    item = make_scene(FOLDER / "scene")
    with serving(item.parent) as scene, running(FOLDER, user_folder, app="jupyterlab") as service:
        deploy_body(service, user_folder / "apps/snuggs/snuggs.cwl")
        deploy_path(service, "apps/vegetation-index.ipynb")
        address = f"{service.origin}/lab?token={service.token}"
        print("Begin with quickstart.ipynb.")
        print(f"A scene to try:  {scene}/{item.name}")
        print(f"ADES:            {service.root}\nJupyterLab:      {address}\nCtrl-C ends it.")
        webbrowser.open(address)
        wait_for_interrupt()


def wait_for_interrupt() -> None:
    """Return when the user presses Ctrl-C."""
    import signal

    try:
        signal.pause()
    except KeyboardInterrupt:
        print("\nEnding ...")


if __name__ == "__main__":
    main()
