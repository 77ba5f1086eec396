// Whoever listens hears the decision and no tables, whenever there is another one.

const answer = document.getElementById("answer"), heard = document.getElementById("heard");

answer.addEventListener("part", () => {
  heard.textContent = answer.querySelector(".outcome")?.textContent.replace(/\s+/g, " ").trim() ?? "";
});
