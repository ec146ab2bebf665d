// A C program answers requests: it is compiled to WebAssembly with WASI and speaks CGI. curl -d @file 'HOST/?top=5'
import { cgi } from "terrella:wasi";
import wordcount from "./wordcount.wasm";
import usage from "./usage.txt";

export default {
  fetch(request) {
    return cgi(wordcount, request, {
      env: { COLO: request.cf?.colo ?? "home" },
      preopens: { "/share": { "usage.txt": usage } },
    });
  },
};
