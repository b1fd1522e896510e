/** The embedded store against the contract of every store. */
import { storeContract } from "../contracts/store.ts";
import { embeddedHarness } from "./embedded-harness.ts";

storeContract("embedded", embeddedHarness);
