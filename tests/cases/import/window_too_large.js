layer_defs = [{type:'input', out_sx:8, out_sy:8, out_depth:1},
  {type:'conv', sx:11, filters:8},
  {type:'softmax', num_classes:10}];
