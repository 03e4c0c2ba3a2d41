cwlVersion: v1.2
class: CommandLineTool
requirements: {ShellCommandRequirement: {}}
inputs: []
outputs:
  number: int
  none: "string?"
  list: {type: {type: array, items: File}}
arguments:
  - shellQuote: false
    valueFrom: >-
      echo 1 > "a b.txt"; echo 2 > "A:é.txt";
      echo '{"number": 5, "none": null, "list": [{"class": "File", "path": "a b.txt"}, {"class": "File", "path": "A:é.txt"}]}' > cwl.output.json
