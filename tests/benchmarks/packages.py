"""What the measured jobs run."""

from __future__ import annotations

import nbformat

TRIVIAL = """cwlVersion: v1.2
class: CommandLineTool
id: trivial
baseCommand: echo
inputs: {word: {type: string, inputBinding: {position: 1}}}
stdout: out.txt
outputs: {made: stdout}
"""
STEPS = """cwlVersion: v1.2
$graph:
- class: Workflow
  id: steps
  inputs: {word: string}
  outputs: {made: {type: File, outputSource: second/made}}
  steps:
    first: {run: "#say", in: {word: word}, out: [made]}
    second: {run: "#upper", in: {data: first/made}, out: [made]}
- class: CommandLineTool
  id: say
  baseCommand: echo
  inputs: {word: {type: string, inputBinding: {position: 1}}}
  stdout: said.txt
  outputs: {made: stdout}
- class: CommandLineTool
  id: upper
  baseCommand: [tr, a-z, A-Z]
  inputs: {data: File}
  stdin: $(inputs.data.path)
  stdout: upper.txt
  outputs: {made: stdout}
"""
SCATTER = """cwlVersion: v1.2
$graph:
- class: Workflow
  id: scatter
  requirements: {ScatterFeatureRequirement: {}}
  inputs: {words: "string[]"}
  outputs: {made: {type: "File[]", outputSource: say/made}}
  steps:
    say: {run: "#say", scatter: word, in: {word: words}, out: [made]}
- class: CommandLineTool
  id: say
  baseCommand: echo
  inputs: {word: {type: string, inputBinding: {position: 1}}}
  stdout: said.txt
  outputs: {made: stdout}
"""
SCRIPT = """cwlVersion: v1.2
class: CommandLineTool
id: script
requirements: {InlineJavascriptRequirement: {}}
baseCommand: echo
inputs: {word: string}
arguments: ["${ return inputs.word.split('').reverse().join(''); }"]
stdout: out.txt
outputs: {made: stdout}
"""
WORDS = [f"word-{n}" for n in range(8)]
#: Name in the table, package, inputs, the most that ours may take of the cwltool command.
CWL: tuple[tuple[str, str, dict[str, object], float], ...] = (
    ("trivial", TRIVIAL, {"word": "hello"}, 0.05),
    ("steps", STEPS, {"word": "hello"}, 0.08),
    ("scatter", SCATTER, {"words": WORDS}, 0.08),
    ("script", SCRIPT, {"word": "hello"}, 0.08),
)


def numpy_notebook() -> bytes:
    """One cell that needs numpy."""
    book = nbformat.v4.new_notebook()
    book.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    book.metadata["ades"] = {"id": "numpy", "version": ""}
    source = "import numpy\nprint(numpy.arange(1000).reshape(10, 100).mean(axis=1).sum())"
    book.cells = [
        nbformat.v4.new_code_cell("n = 1", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(source),
    ]
    return nbformat.writes(book).encode()
