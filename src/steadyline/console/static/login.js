import { post } from "./api.js";

const problem = document.getElementById("problem");
const password = document.getElementById("password");

document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  problem.textContent = "";
  try {
    await post("/api/login", { password: password.value });
    location.assign("/");
  } catch (error) {
    problem.textContent = error.message;
    password.select();
  }
});
