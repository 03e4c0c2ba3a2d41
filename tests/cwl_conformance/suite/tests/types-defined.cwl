cwlVersion: v1.1
class: CommandLineTool
requirements:
  SchemaDefRequirement:
    types:
      - {name: Colour, type: enum, symbols: [red, green]}
inputs:
  colour: {type: "#Colour?", inputBinding: {position: 1}}
  many: {type: "#Colour[]", default: [red], inputBinding: {position: 2}}
outputs: {said: stdout}
baseCommand: echo
stdout: said.txt
