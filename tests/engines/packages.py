"""CWL that shows what an engine does: scattered steps that name the machine they ran on."""

from __future__ import annotations

from contextlib import suppress

import psutil

#: ``words`` are scattered; each part waits for ``gate`` when that names a file which is not there.
SCATTER = """cwlVersion: v1.2
$graph:
- class: Workflow
  id: main
  requirements: {ScatterFeatureRequirement: {}}
  inputs: {words: "string[]", gate: {type: string, default: ""}, fail: {type: string, default: ""}}
  outputs:
    said: {type: "File[]", outputSource: say/said}
    all: {type: File, outputSource: join/all}
  steps:
    say: {run: "#say", scatter: word, in: {word: words, gate: gate, fail: fail}, out: [said]}
    join: {run: "#join", in: {files: say/said}, out: [all]}
- class: CommandLineTool
  id: say
  inputs: {word: string, gate: string, fail: string}
  outputs: {said: {type: File, outputBinding: {glob: said.txt}}}
  requirements:
    ResourceRequirement: {coresMin: 1, ramMin: 64}
    InitialWorkDirRequirement:
      listing:
      - entryname: say.sh
        entry: |-
          echo "about to say $(inputs.word)" >&2
          if [ -n "$(inputs.gate)" ]; then
            while [ ! -e "$(inputs.gate)" ]; do sleep 0.2; done
          fi
          if [ "$(inputs.word)" = "$(inputs.fail)" ] && [ ! -e "$(inputs.gate).mended" ]; then
            echo "no such band" >&2; exit 3
          fi
          # The tool's own environment is a minimal one.
          node=`tr '\\0' '\\n' < /proc/$PPID/environ | sed -n 's/^SLURMD_NODENAME=//p'`
          echo "$(inputs.word) $node" > said.txt
  baseCommand: [bash, say.sh]
- class: CommandLineTool
  id: join
  inputs: {files: {type: "File[]", inputBinding: {position: 1}}}
  outputs: {all: stdout}
  stdout: all.txt
  requirements: {ResourceRequirement: {coresMin: 1, ramMin: 64}}
  baseCommand: [cat]
"""

#: Each of ``names`` becomes a folder with a STAC item, as Earth observation packages write them.
WIDE = """cwlVersion: v1.2
$graph:
- class: Workflow
  id: main
  requirements: {ScatterFeatureRequirement: {}}
  inputs: {names: "string[]"}
  outputs: {items: {type: "Directory[]", outputSource: make/item}}
  steps:
    make: {run: "#make", scatter: name, in: {name: names}, out: [item]}
- class: CommandLineTool
  id: make
  inputs: {name: {type: string, inputBinding: {position: 1}}}
  outputs: {item: {type: Directory, outputBinding: {glob: result}}}
  requirements:
    ResourceRequirement: {coresMin: 1, ramMin: 16}
    InitialWorkDirRequirement:
      listing:
      - entryname: make.sh
        entry: |-
          mkdir -p result
          echo "$1" > result/data.txt
          cat > result/catalog.json <<END
          {"type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "c",
           "links": [{"rel": "item", "href": "./item.json"}]}
          END
          cat > result/item.json <<END
          {"type": "Feature", "stac_version": "1.0.0", "id": "$1", "geometry": null,
           "properties": {"datetime": "2026-01-01T00:00:00Z"}, "links": [],
           "assets": {"data": {"href": "./data.txt", "type": "text/plain", "roles": ["data"]}}}
          END
  baseCommand: [sh, make.sh]
"""


def is_saying(process: psutil.Process) -> bool:
    """Whether a process is a tool of :data:`SCATTER` that says its word."""
    with suppress(psutil.Error):
        return process.cmdline()[:2] == ["bash", "say.sh"]
    return False


def says(pid: int) -> bool:
    """Whether one of these tools runs below a process."""
    return any(map(is_saying, psutil.Process(pid).children(recursive=True)))
