layer_defs = [];
layer_defs.push({type:'input', out_sx:24, out_sy:24, out_depth:1});
for (var i = 0; i < 3; i++) {
  layer_defs.push({type:'fc', num_neurons:20, activation:'relu'});
}
layer_defs.push({type:'softmax', num_classes:10});
