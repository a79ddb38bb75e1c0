var num_inputs = 27, actions = 5;
var window = 1;
var size = num_inputs*window + actions * window + num_inputs;
var layer_defs = [];
layer_defs.push({type:'input', out_sx:1, out_sy:1, out_depth:size});
layer_defs.push({type:'fc', num_neurons: 2*(20 + 5), activation:'relu'});
layer_defs.push({type:'regression', num_neurons:actions});
