"use strict";

const job = document.getElementById("job");
const FINAL = ["successful", "failed", "dismissed"];
const path = new URL(job.dataset.href).pathname;

function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

// Each answer comes at the job's next change, so that nothing is asked in vain.
async function follow() {
  while (!FINAL.includes(job.dataset.status)) {
    try {
      const answer = await ask(`${path}?wait=30`);
      if (!answer.ok) {
        return;
      }
      const status = await answer.json();
      job.dataset.status = status.status;
      job.querySelector("progress").value = status.progress;
      job.querySelector("[data-percent]").textContent = `${status.progress} %`;
      job.querySelector("[data-message]").textContent = status.message;
    } catch (error) {
      await pause(3000);
    }
  }
  location.reload();
}

document.getElementById("dismiss").addEventListener("click", async () => {
  const open = !FINAL.includes(job.dataset.status);
  if (!confirm(open ? "Stop this job?" : "Remove this job and its files?")) {
    return;
  }
  await ask(path, { method: "DELETE" });
  location.href = open ? location.href : `${document.body.dataset.root}/jobs?f=html`;
});

if (!FINAL.includes(job.dataset.status)) {
  follow();
}
