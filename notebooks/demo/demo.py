"""The main job, end to end: deploy a package, submit, poll, get a STAC catalog. ``make demo``."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

from make_scene import make_scene
from quicklook import mean_of, write_quicklook
from serve import serving
from service import Service, running

HERE = Path(__file__).parent
APPS = HERE.parent / "apps"
FOLDER = HERE.parent.parent / ".demo"
#: Seconds between two looks at a job, and seconds that one job may take.
INTERVAL, PATIENCE = 0.1, 300.0
WIDTH = 30


def main() -> None:
    """Run both sample applications on a scene made here."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    user_folder = FOLDER / "user"
    shutil.copytree(APPS, user_folder / "apps")
    print("Making a small Sentinel-2-like scene ...")
    item = make_scene(FOLDER / "scene")
    with serving(item.parent) as scene, running(FOLDER, user_folder) as service:
        reference = f"{scene}/{item.name}"
        print(f"Scene served at {reference}\nJupyter server with the ADES at {service.root}")
        snuggs = deploy_body(service, user_folder / "apps/snuggs/snuggs.cwl")
        payload = json.loads((HERE / "payload.json").read_text())
        payload["inputs"]["input_reference"] = reference
        run(service, snuggs, payload, user_folder)
        notebook = deploy_path(service, "apps/vegetation-index.ipynb")
        run(service, notebook, {"inputs": {"item": {"href": reference}}}, user_folder)
    print("\nAll done; nothing is left running.")


def deploy_body(service: Service, package: Path) -> str:
    """Deploy a CWL by sending it; the process's id."""
    headers = {"Content-Type": "application/cwl+yaml"}
    return deployed(service.send("POST", "processes", data=package.read_bytes(), headers=headers))


def deploy_path(service: Service, path: str) -> str:
    """Deploy a notebook that lies in the user folder; the process's id."""
    return deployed(service.send("POST", "processes", json={"executionUnit": {"href": path}}))


def deployed(response: object) -> str:
    """The id in a deploy's answer; the demo ends when there is none."""
    body = response.json()  # type: ignore[attr-defined]
    if "id" not in body:
        raise SystemExit(f"The deploy failed: {json.dumps(body, indent=2)}")
    print(f"\nDeployed {body['id']}: {body['title']}")
    return str(body["id"])


def run(service: Service, process_id: str, payload: dict[str, object], user_folder: Path) -> None:
    """Submit, poll, show what came of it."""
    print(f"POST processes/{process_id}/jobs\n{json.dumps(payload, indent=2)}")
    response = service.send(
        "POST", f"processes/{process_id}/jobs", json=payload, headers={"Prefer": "respond-async"}
    )
    if response.status_code != 201:
        raise SystemExit(f"{response.status_code}: {response.text}")
    location = response.headers["Location"]
    print(f"201 Created, Location: {location}")
    status = follow(service, location)
    print(json.dumps({key: status[key] for key in status if key != "links"}, indent=2))
    if status["status"] != "successful":
        log = service.send("GET", f"{location}/log").text
        raise SystemExit("The job failed. Its last lines:\n" + "\n".join(log.splitlines()[-20:]))
    show_results(service, location, user_folder)


def follow(service: Service, location: str) -> dict[str, object]:
    """Poll with a live line until the job ends; its last status."""
    deadline, shown = time.monotonic() + PATIENCE, ""
    while time.monotonic() < deadline:
        status: dict[str, object] = service.send("GET", location).json()
        line = progress_line(
            int(str(status["progress"])), f"{status['status']}: {status['message']}"
        )
        if line != shown:
            print(f"\r\033[K{line}" if sys.stdout.isatty() else line, end="", flush=True)
            print("" if sys.stdout.isatty() else "\n", end="")
            shown = line
        if status["status"] in ("successful", "failed", "dismissed"):
            print()
            return status
        time.sleep(INTERVAL)
    raise SystemExit(f"The job did not end within {PATIENCE:.0f} s.")


def progress_line(progress: int, message: str) -> str:
    """A bar, per cent and words."""
    done = WIDTH * progress // 100
    return f"[{'#' * done}{'.' * (WIDTH - done)}] {progress:3d} %  {message}"


def show_results(service: Service, location: str, user_folder: Path) -> None:
    """The results as the ADES answers them, the catalog, the means, a quicklook."""
    results = service.send("GET", f"{location}/results").json()
    print("Results:", json.dumps(results, indent=2))
    job_id = location.rpartition("/")[2]
    folder = user_folder / "ades-results" / "demo" / f"wf-{job_id}"
    catalog = folder / "catalog.json"
    url = json.loads(results["outputs"][0]["value"]["inlineValue"])["StacCatalogUri"]
    if service.send("GET", url.removeprefix(service.origin)).json()["type"] != "Catalog":
        raise SystemExit(f"{url} is no STAC catalog.")
    print(f"Catalog: {catalog}\n         {url}")
    images = sorted(folder.rglob("*.tif"))
    for image in images:
        print(f"Mean of {image.stem}: {mean_of(image):.4f}")
    target = write_quicklook(images, FOLDER / f"quicklook-{job_id[:8]}.png")
    print(f"Quicklook: {target}")


if __name__ == "__main__":
    main()
