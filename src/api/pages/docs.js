// Its form for a list looks for a component of the items' type and format, and has none for ids.
const idsInLists = ({ React, getComponent }) => ({
  components: {
    JsonSchema_integer_int64: (props) =>
      React.createElement(getComponent("JsonSchema_string"), props),
  },
});

// As light or dark as the rest of the screen.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);

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
  plugins: [idsInLists],
});
