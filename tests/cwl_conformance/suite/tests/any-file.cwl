cwlVersion: v1.2
class: CommandLineTool
doc: A file inside a value of any type is staged as others are.
inputs: {value: {type: Any, inputBinding: {valueFrom: $(self.inside.path)}}}
outputs: {said: stdout}
baseCommand: cat
stdout: said.txt
