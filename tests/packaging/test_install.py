"""However it is installed, Jupyter lists the extension as enabled and valid.

Dependencies are taken from the environment that runs the tests; the package itself is built and
installed by pip, in isolation, as a user's pip does it.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Each builds the JupyterLab half anew, perhaps beside other tests.
pytestmark = pytest.mark.timeout(400)
KINDS = ("git", "sdist", "export", "editable")


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree as it stands, without ``.git``: what an archive download holds."""
    folder = tmp_path_factory.mktemp("export")
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    with tarfile.open(folder / "tree.tar", "w") as archive:
        for name in listed.splitlines():
            if (ROOT / name).is_file():
                archive.add(ROOT / name, arcname=name)
    (folder / "tree").mkdir()
    with tarfile.open(folder / "tree.tar") as archive:
        archive.extractall(folder / "tree", filter="data")
    return folder / "tree"


@pytest.fixture(scope="module")
def sdist(export: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "build", "--sdist", "--outdir", target, cwd=export)
    (found,) = target.glob("*.tar.gz")
    return found


def source(kind: str, export: Path, sdist: Path, folder: Path) -> list[str | Path]:
    """What pip is told."""
    if kind == "sdist":
        return [sdist]
    if kind == "git":
        run("git", "init", "-q", cwd=export)
        run("git", "add", "-A", cwd=export)
        author = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        run("git", *author, "commit", "-q", "-m", "all", cwd=export)
        return [f"git+file://{export}"]
    return ["--editable", export] if kind == "editable" else [export]


@pytest.mark.parametrize("kind", KINDS)
def test_an_installed_extension_is_enabled(
    kind: str, export: Path, sdist: Path, tmp_path: Path
) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    venv.create(tmp_path / "venv", with_pip=True)
    (site,) = (tmp_path / "venv" / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--ignore-installed"]
    run(*pip, *source(kind, export, sdist, tmp_path), cwd=tmp_path)
    listed = run(python, "-m", "jupyter_server", "extension", "list", cwd=tmp_path)
    own = [line for line in listed.splitlines() if "jupyter_ades" in line]
    assert any("enabled" in line for line in own), listed
    assert any("OK" in line for line in own), listed
    where = run(
        python, "-P", "-c", "import jupyter_ades; print(jupyter_ades.__file__)", cwd=tmp_path
    )
    expected = export if kind == "editable" else site
    assert Path(where.strip()).is_relative_to(expected)


def test_a_wheel_holds_what_it_needs_and_nothing_else(export: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, cwd=export)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"jupyter_ades/py.typed", "jupyter_ades/events/job.yaml"} <= names
    assert any(name.endswith("jupyter_server_config.d/jupyter_ades.json") for name in names)
    assert not any(name.startswith(("tests/", "notebooks/", "_build/")) for name in names)
