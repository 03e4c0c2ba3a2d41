"use strict";

function valueOf(field) {
  const text = field.value;
  if (field.dataset.kind === "text") {
    return text;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // Anything that is not JSON is a text: an address, a word.
    return text;
  }
}

function inputsOf(form) {
  const inputs = {};
  for (const field of form.querySelectorAll("[name]")) {
    if (field.value !== "" || (field.required && field.dataset.kind === "text")) {
      inputs[field.name] = valueOf(field);
    }
  }
  return inputs;
}

function show(form, problem) {
  for (const place of form.querySelectorAll("[data-wrong]")) {
    place.textContent = "";
  }
  const problems = problem ? problem.problems || [{ path: "", detail: problem.detail }] : [];
  for (const each of problems) {
    const name = each.path.replace(/^inputs\./, "").replace(/[.[].*$/, "");
    const place = form.querySelector(`[data-wrong="${CSS.escape(name)}"]`);
    (place || form.querySelector('[data-wrong=""]')).textContent += `${each.detail} `;
  }
}

async function send(form, dryrun) {
  const said = document.getElementById("said");
  said.textContent = "";
  const answer = await ask(form.dataset.action + (dryrun ? "?dryrun=true" : ""), {
    method: "POST",
    headers: { "Content-Type": "application/json", Prefer: "respond-async" },
    body: JSON.stringify({ inputs: inputsOf(form) }),
  });
  const document_ = await answer.json();
  show(form, answer.ok ? null : document_);
  if (answer.status === 201) {
    location.href = `${document.body.dataset.root}/jobs/${document_.jobID}?f=html`;
  } else if (answer.ok) {
    said.textContent = "The inputs are right.";
  }
}

const form = document.getElementById("execute");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  send(form, false).catch((error) => show(form, { detail: `The server cannot be reached: ${error.message}` }));
});
form.querySelector("[data-dryrun]").addEventListener("click", () => {
  send(form, true).catch((error) => show(form, { detail: `The server cannot be reached: ${error.message}` }));
});
