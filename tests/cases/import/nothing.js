var net = new convnetjs.Net();
