cwlVersion: v1.2
class: Workflow
requirements:
  SubworkflowFeatureRequirement: {}
inputs:
  text: File
outputs:
  lines: {type: File, outputSource: twice/last}
steps:
  twice:
    in: {text: text}
    out: [last]
    run:
      class: Workflow
      inputs: {text: File}
      outputs:
        last: {type: File, outputSource: second/turned}
      steps:
        first: {run: turn.cwl, in: {text: text}, out: [turned]}
        second: {run: turn.cwl, in: {text: first/turned}, out: [turned]}
