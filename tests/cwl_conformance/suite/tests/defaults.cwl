cwlVersion: v1.2
class: Workflow
inputs:
  text: {type: File, default: {class: File, location: data/text.txt}}
  folder: {type: Directory, default: {class: Directory, location: data/folder}}
  scene:
    type: File
    default: {class: File, location: data/scene.img}
    secondaryFiles: [.aux]
outputs:
  said: {type: File, outputSource: list/said}
steps:
  list:
    in: {text: text, folder: folder, scene: scene}
    out: [said]
    run:
      class: CommandLineTool
      inputs:
        text: {type: File, inputBinding: {position: 1}}
        folder: {type: Directory, inputBinding: {position: 2, valueFrom: $(self.path)/inner/b.txt}}
        scene: {type: File, secondaryFiles: [.aux], inputBinding: {position: 3, valueFrom: $(self.path).aux}}
      outputs: {said: stdout}
      baseCommand: cat
      stdout: said.txt
