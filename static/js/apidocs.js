// Starts Swagger UI on /api/docs/. In a file of its own: the page allows no inline script.
const docs = document.getElementById("docs");
globalThis.SwaggerUIBundle({
  url: docs.dataset.schema,
  domNode: docs,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
