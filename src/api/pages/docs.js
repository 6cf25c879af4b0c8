// Starts Swagger UI on our own description and on nothing else: queryConfigEnabled keeps ?url=
// and ?configUrl= from loading a stranger's document into our origin.
window.ui = SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: "/openapi.json",
  queryConfigEnabled: false,
  validatorUrl: null,
  persistAuthorization: false,
  deepLinking: true,
  docExpansion: "list",
  displayRequestDuration: true,
  tryItOutEnabled: true,
});
