import { testHoles } from "./hook-holes-suite.js";

testHoles("debian-12");
