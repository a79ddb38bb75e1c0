layer_defs = [];
layer_defs.push({type:'conv', sx:5, filters:8});
layer_defs.push({type:'softmax', num_classes:10});
