layer_defs = [
  {type: "input", out_sx: 32, out_sy: 24, out_depth: 3},
  {type: "conv", sx: 5, sy: 3, filters: 16, stride: 2, pad: 1, bias_pref: 0.1, l2_decay_mul: 2},
  {type: "relu"},
  {type: "lrn", k: 1, n: 5, alpha: 0.0001, beta: 0.75},
  {type: "pool", sx: 3},
  {type: "dropout", drop_prob: 0.2},
  {type: "conv", sx: 3, filters: 8, activation: "maxout", group_size: 4},
  {type: "sigmoid"},
  {type: "fc", num_neurons: 12, activation: "tanh", drop_prob: 0.5},
  {type: "maxout", group_size: 3},
  {type: "svm", num_classes: 4},
];
