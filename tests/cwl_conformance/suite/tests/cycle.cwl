cwlVersion: v1.2
class: Workflow
inputs: []
outputs: []
steps:
  first: {run: join.cwl, in: {letter: second/joined, digit: second/joined}, out: [joined]}
  second: {run: join.cwl, in: {letter: first/joined, digit: first/joined}, out: [joined]}
