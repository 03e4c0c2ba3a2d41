cwlVersion: v1.2
class: ExpressionTool
requirements: {InlineJavascriptRequirement: {}}
inputs:
  folder: {type: Directory, loadListing: shallow_listing}
outputs: {names: "string[]"}
expression: '${ return {"names": inputs.folder.listing.map(function (x) { return x.basename; }).sort()}; }'
