cwlVersion: v1.0
class: Workflow
doc: A step that fails makes the workflow fail.
inputs: {code: int}
outputs: {code: {type: int, outputSource: leave/code}}
steps:
  leave: {run: exit.cwl, in: {code: code}, out: [code]}
