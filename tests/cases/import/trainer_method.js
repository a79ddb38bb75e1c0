layer_defs = [{type:'input', out_sx:1, out_sy:1, out_depth:2}, {type:'softmax', num_classes:2}];
trainer = new convnetjs.SGDTrainer(net, {method:'adagrid', batch_size:10});
