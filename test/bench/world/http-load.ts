import { answerOrders } from "./child.js";
import { type HttpLoadOrder, postRate } from "./http-post.js";

// A client as a process of its own. The answer is how many were answered in a second.
answerOrders<HttpLoadOrder, number>(postRate);
