layer_defs = [
  {type:'input', sx:8, depth:2},
  {type:'conv', sx:3, sy:1, filters:7, activation:'maxout', l2_decay_mul:'2'},
  {type:'regression', num_neurons:2},
];
