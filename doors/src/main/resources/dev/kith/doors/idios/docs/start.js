"use strict";

// Where the server demands a key, it is asked for once and kept until the browser's tab is closed.
const KEY = "kith-key";

const withKey = (request) => {
  const key = sessionStorage.getItem(KEY);
  if (key) {
    request.headers = { ...request.headers, Authorization: `Bearer ${key}` };
  }
  return request;
};

const show = () =>
  SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    validatorUrl: null,
    requestInterceptor: withKey,
    oauth2RedirectUrl: `${location.origin}/docs/oauth2-redirect`,
  });

const begin = async () => {
  const answer = await fetch("/openapi.json", withKey({}));
  if (answer.status === 401) {
    const key = window.prompt("This server demands a key:");
    if (key) {
      sessionStorage.setItem(KEY, key);
    }
  }
  show();
};

begin();
