cwlVersion: v1.2
class: Workflow
doc: One step is only described, not implemented.
inputs: {word: string}
outputs: {said: {type: string, outputSource: later/said}}
steps:
  later:
    in: {word: word}
    out: [said]
    run: {class: Operation, inputs: {word: string}, outputs: {said: string}}
