"use strict";

// A request from this page is one from a browser: it carries the cookie, and Jupyter's token for it.
window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: document.getElementById("api").dataset.href,
    dom_id: "#api",
    deepLinking: true,
    requestInterceptor: (request) => {
      Object.assign(request.headers, token());
      return request;
    },
  });
});
