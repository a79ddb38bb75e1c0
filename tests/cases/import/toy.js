// two classes of points in the plane
var layer_defs = [];
layer_defs.push({type:'input', out_sx:1, out_sy:1, out_depth:2},
                {type:'fc', num_neurons:6, activation: 'tanh'}); /* six
   hidden units */
layer_defs.push({type:'fc', num_neurons:2, activation: 'tanh'});
layer_defs.push({type:'svm', num_classes:2});
var trainer = new convnetjs.Trainer(net, {method: 'nesterov', learning_rate:0.01, momentum:0.1, batch_size:10, l1_decay:0.001});
