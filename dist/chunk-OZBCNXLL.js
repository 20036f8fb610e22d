/* Made by scripts/bundle; for what is in it besides sf-plugin-jwt, see THIRD-PARTY-NOTICES.txt. */
import { createRequire as createRequireOfChunk } from 'node:module';
const require = createRequireOfChunk(import.meta.url);
import{a as r}from"./chunk-QDKPT5ST.js";var e=class extends Error{constructor(s,g,t){super(s,t);this.code=s;this.data=g}code;data;static{r(this,"Failure")}name="Failure"};function a(n,i){return n instanceof e&&(i===void 0||n.code===i)}r(a,"isFailure");export{e as a,a as b};
