layer_defs = [];
layer_defs.push({type:'input', out_sx:8, out_sy:8, out_depth:1});
layer_defs.push({type:'softmax', num_classes:3});
