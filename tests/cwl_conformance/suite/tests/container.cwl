cwlVersion: v1.2
class: CommandLineTool
doc: Needs an image that nobody has; refused where no container can be run.
requirements: {DockerRequirement: {dockerPull: "localhost/nothing-of-this-name:0"}}
inputs: {word: {type: string, inputBinding: {}}}
outputs: {said: stdout}
baseCommand: echo
stdout: said.txt
