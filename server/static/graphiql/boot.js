"use strict";

// Queries go over HTTP, subscriptions over graphql-transport-ws, both to where this page came from.
const url = new URL(window.location.pathname, window.location.href);
const socket = new URL(url);
socket.protocol = url.protocol === "https:" ? "wss:" : "ws:";

const fetcher = GraphiQL.createFetcher({
  url: url.toString(),
  wsClient: graphqlWs.createClient({ url: socket.toString() }),
});

const defaultQuery = `# Poise: games, clutch time, jobs. The documentation of every field is on the left.
query Games {
  games(first: 10) {
    nodes {
      key
      status
      homeTeam { name }
      awayTeam { name }
      homeScore
      awayScore
    }
  }
}
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, { fetcher, defaultQuery, shouldPersistHeaders: false }),
);
