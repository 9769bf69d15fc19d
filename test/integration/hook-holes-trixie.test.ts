import { testHoles } from "./hook-holes-suite.js";

testHoles("trixie");
