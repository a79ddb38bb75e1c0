layer_defs = [{type:'input', out_sx:1, out_sy:1, out_depth:3}, {type:'softmax', num_classes:2}];
trainer = new convnetjs.Trainer(net, {learning_rate:0.1, batch_size:2.5});
