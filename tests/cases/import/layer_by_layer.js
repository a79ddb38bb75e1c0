layer_defs = [
  {type:'input', sx:8, depth:2}, // a height of 1
  {type:'conv', sx:3, sy:1, filters:7, activation:'maxout', l1_decay_mul:1},
  {type:'lrn', k:1, n:4, alpha:0.1, beta:0.75},
  {type:'fc', num_neurons:5, activation:'relu', drop_prob:0.2, l2_decay_mul:0},
  {type:'regression', num_neurons:2},
];
trainer = new convnetjs.Trainer(net, {method:'windowgrad', batch_size:4, l1_decay:0.1, l2_decay:0.2});
