#!/usr/bin/env cwl-runner
cwlVersion: v1.0
class: CommandLineTool
doc: An older version of CWL than the workflow that runs it.
inputs:
  text: {type: File, inputBinding: {position: 1}}
outputs:
  turned: stdout
baseCommand: tac
stdout: turned.txt
