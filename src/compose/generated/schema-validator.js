// Made by scripts/compile-schema.mjs from schema/compose.schema.json. Do not edit.
function equal(a, b) {
if (a === b) return true;
if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
const keys = Object.keys(a);
return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}
const keys0 = {"context":0,"dockerfile":0,"dockerfile_inline":0,"additional_contexts":0,"args":0,"cache_from":0,"cache_to":0,"entitlements":0,"extra_hosts":0,"isolation":0,"labels":0,"network":0,"no_cache":0,"no_cache_filter":0,"platforms":0,"privileged":0,"provenance":0,"pull":0,"sbom":0,"secrets":0,"shm_size":0,"ssh":0,"tags":0,"target":0,"ulimits":0};
const keys1 = {"mode":0,"replicas":0,"endpoint_mode":0,"labels":0,"update_config":0,"rollback_config":0,"resources":0,"restart_policy":0,"placement":0};
const keys2 = {"annotations":0,"attach":0,"blkio_config":0,"build":0,"cap_add":0,"cap_drop":0,"cgroup":0,"cgroup_parent":0,"command":0,"configs":0,"container_name":0,"cpu_count":0,"cpu_percent":0,"cpu_period":0,"cpu_quota":0,"cpu_rt_period":0,"cpu_rt_runtime":0,"cpu_shares":0,"cpus":0,"cpuset":0,"credential_spec":0,"depends_on":0,"deploy":0,"develop":0,"device_cgroup_rules":0,"devices":0,"dns":0,"dns_opt":0,"dns_search":0,"domainname":0,"entrypoint":0,"env_file":0,"environment":0,"expose":0,"extends":0,"external_links":0,"extra_hosts":0,"gpus":0,"group_add":0,"healthcheck":0,"hostname":0,"image":0,"init":0,"ipc":0,"isolation":0,"label_file":0,"labels":0,"links":0,"logging":0,"mac_address":0,"mem_limit":0,"mem_reservation":0,"mem_swappiness":0,"memswap_limit":0,"models":0,"network_mode":0,"networks":0,"oom_kill_disable":0,"oom_score_adj":0,"pid":0,"pids_limit":0,"platform":0,"ports":0,"post_start":0,"pre_start":0,"pre_stop":0,"privileged":0,"profiles":0,"provider":0,"pull_policy":0,"pull_refresh_after":0,"read_only":0,"restart":0,"runtime":0,"scale":0,"secrets":0,"security_opt":0,"shm_size":0,"stdin_open":0,"stop_grace_period":0,"stop_signal":0,"storage_opt":0,"sysctls":0,"tmpfs":0,"tty":0,"ulimits":0,"use_api_socket":0,"user":0,"userns_mode":0,"uts":0,"volumes":0,"volumes_from":0,"working_dir":0};
const keys3 = {"aliases":0,"driver_opts":0,"gw_priority":0,"interface_name":0,"ipv4_address":0,"ipv6_address":0,"link_local_ips":0,"mac_address":0,"priority":0};
const keys4 = {"type":0,"source":0,"target":0,"read_only":0,"consistency":0,"bind":0,"volume":0,"tmpfs":0,"image":0};
const keys5 = {"name":0,"driver":0,"driver_opts":0,"ipam":0,"external":0,"internal":0,"enable_ipv4":0,"enable_ipv6":0,"attachable":0,"labels":0};
const keys6 = {"name":0,"content":0,"environment":0,"file":0,"external":0,"labels":0,"driver":0,"driver_opts":0,"template_driver":0};
const keys7 = {"version":0,"name":0,"include":0,"services":0,"networks":0,"volumes":0,"secrets":0,"configs":0,"models":0};
export const validate = validate52;
export default validate52;
const func1 = Object.prototype.hasOwnProperty;
const pattern3 = new RegExp("^x-", "u");
const pattern5 = new RegExp("^[a-zA-Z0-9._-]+$", "u");
function validate54(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if((typeof data !== "string") && (!(Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: ["string","array"]}};
(vErrors ??= []).push(err0); errors++;
}
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(typeof data[i0] !== "string"){
const err1 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
let i1 = data.length;
let j0;
if(i1 > 1){
const indices0 = {};
for(;i1--;){
let item0 = data[i1];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err2 = {instancePath,schemaPath:"#/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0}};
(vErrors ??= []).push(err2); errors++;
break;
}
indices0[item0] = i1;
}
}
}
validate54.errors = vErrors;
return errors === 0;
}
function validate53(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if((typeof data !== "string") && (!(data && typeof data == "object" && !Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: ["string","object"]}};
(vErrors ??= []).push(err0); errors++;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.path === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "path"}};
(vErrors ??= []).push(err1); errors++;
}
for(const key0 in data){
if(!((((key0 === "path") || (key0 === "project_directory")) || (key0 === "env_file")) || (pattern3.test(key0)))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["path","project_directory","env_file"]}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.path !== undefined){
if(!(validate54(data.path, {instancePath:instancePath+"/path"}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.project_directory !== undefined){
if(typeof data.project_directory !== "string"){
const err3 = {instancePath:instancePath+"/project_directory",schemaPath:"#/properties/project_directory/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.env_file !== undefined){
if(!(validate54(data.env_file, {instancePath:instancePath+"/env_file"}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
}
validate53.errors = vErrors;
return errors === 0;
}
const func0 = equal;
const pattern19 = new RegExp("[a-zA-Z0-9][a-zA-Z0-9_.-]+", "u");
const pattern42 = new RegExp("^all$", "u");
const pattern45 = new RegExp("^.+$", "u");
const pattern57 = new RegExp("^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$", "u");
const pattern8 = new RegExp(".+", "u");
function validate59(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(!data || typeof data != "object"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: ["object","array"]}};
(vErrors ??= []).push(err0); errors++;
}
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(typeof data[i0] !== "string"){
const err1 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
let i1 = data.length;
let j0;
if(i1 > 1){
const indices0 = {};
for(;i1--;){
let item0 = data[i1];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err2 = {instancePath,schemaPath:"#/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0}};
(vErrors ??= []).push(err2); errors++;
break;
}
indices0[item0] = i1;
}
}
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(pattern8.test(key0))){
const err3 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: []}};
(vErrors ??= []).push(err3); errors++;
}
}
for(const key1 in data){
if(pattern8.test(key1)){
let data1 = data[key1];
if((((typeof data1 !== "string") && (!(typeof data1 == "number"))) && (typeof data1 !== "boolean")) && (data1 !== null)){
const err4 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/patternProperties/.%2B/type",keyword:"type",params:{type: ["string","number","boolean","null"]}};
(vErrors ??= []).push(err4); errors++;
}
}
}
}
validate59.errors = vErrors;
return errors === 0;
}
function validate61(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((key0 === "path") || (key0 === "weight")) || (pattern3.test(key0)))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["path","weight"]}};
(vErrors ??= []).push(err0); errors++;
}
}
if(data.path !== undefined){
if(typeof data.path !== "string"){
const err1 = {instancePath:instancePath+"/path",schemaPath:"#/properties/path/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.weight !== undefined){
let data1 = data.weight;
if((!((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1)))) && (typeof data1 !== "string")){
const err2 = {instancePath:instancePath+"/weight",schemaPath:"#/properties/weight/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err2); errors++;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err3); errors++;
}
validate61.errors = vErrors;
return errors === 0;
}
function validate63(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((key0 === "path") || (key0 === "rate")) || (pattern3.test(key0)))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["path","rate"]}};
(vErrors ??= []).push(err0); errors++;
}
}
if(data.path !== undefined){
if(typeof data.path !== "string"){
const err1 = {instancePath:instancePath+"/path",schemaPath:"#/properties/path/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.rate !== undefined){
let data1 = data.rate;
if((!((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1)))) && (typeof data1 !== "string")){
const err2 = {instancePath:instancePath+"/rate",schemaPath:"#/properties/rate/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err2); errors++;
}
}
}
else {
const err3 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err3); errors++;
}
validate63.errors = vErrors;
return errors === 0;
}
function validate71(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(!data || typeof data != "object"){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: ["object","array"]}};
(vErrors ??= []).push(err0); errors++;
}
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(typeof data[i0] !== "string"){
const err1 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
let i1 = data.length;
let j0;
if(i1 > 1){
const indices0 = {};
for(;i1--;){
let item0 = data[i1];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err2 = {instancePath,schemaPath:"#/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0}};
(vErrors ??= []).push(err2); errors++;
break;
}
indices0[item0] = i1;
}
}
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(pattern8.test(key0))){
const err3 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: []}};
(vErrors ??= []).push(err3); errors++;
}
}
for(const key1 in data){
if(pattern8.test(key1)){
let data1 = data[key1];
if((typeof data1 !== "string") && (!(Array.isArray(data1)))){
const err4 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/patternProperties/.%2B/type",keyword:"type",params:{type: ["string","array"]}};
(vErrors ??= []).push(err4); errors++;
}
if(Array.isArray(data1)){
const len1 = data1.length;
for(let i2=0; i2<len1; i2++){
if(typeof data1[i2] !== "string"){
const err5 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/" + i2,schemaPath:"#/patternProperties/.%2B/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err5); errors++;
}
}
}
}
}
}
validate71.errors = vErrors;
return errors === 0;
}
function validate75(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
let data0 = data[i0];
if((typeof data0 !== "string") && (!(data0 && typeof data0 == "object" && !Array.isArray(data0)))){
const err0 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: ["string","object"]}};
(vErrors ??= []).push(err0); errors++;
}
if(data0 && typeof data0 == "object" && !Array.isArray(data0)){
for(const key0 in data0){
if(!((((((key0 === "source") || (key0 === "target")) || (key0 === "uid")) || (key0 === "gid")) || (key0 === "mode")) || (pattern3.test(key0)))){
const err1 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["source","target","uid","gid","mode"]}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data0.source !== undefined){
if(typeof data0.source !== "string"){
const err2 = {instancePath:instancePath+"/" + i0+"/source",schemaPath:"#/items/properties/source/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data0.target !== undefined){
if(typeof data0.target !== "string"){
const err3 = {instancePath:instancePath+"/" + i0+"/target",schemaPath:"#/items/properties/target/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data0.uid !== undefined){
if(typeof data0.uid !== "string"){
const err4 = {instancePath:instancePath+"/" + i0+"/uid",schemaPath:"#/items/properties/uid/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data0.gid !== undefined){
if(typeof data0.gid !== "string"){
const err5 = {instancePath:instancePath+"/" + i0+"/gid",schemaPath:"#/items/properties/gid/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err5); errors++;
}
}
if(data0.mode !== undefined){
let data5 = data0.mode;
if((!(typeof data5 == "number")) && (typeof data5 !== "string")){
const err6 = {instancePath:instancePath+"/" + i0+"/mode",schemaPath:"#/items/properties/mode/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err6); errors++;
}
}
}
}
}
else {
const err7 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err7); errors++;
}
validate75.errors = vErrors;
return errors === 0;
}
const pattern17 = new RegExp("^[a-z]+$", "u");
function validate78(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(pattern17.test(key0)){
let data0 = data[key0];
if(((!((typeof data0 == "number") && (!(data0 % 1) && !isNaN(data0)))) && (typeof data0 !== "string")) && (!(data0 && typeof data0 == "object" && !Array.isArray(data0)))){
const err0 = {instancePath:instancePath+"/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/patternProperties/%5E%5Ba-z%5D%2B%24/type",keyword:"type",params:{type: ["integer","string","object"]}};
(vErrors ??= []).push(err0); errors++;
}
if(data0 && typeof data0 == "object" && !Array.isArray(data0)){
if(data0.soft === undefined){
const err1 = {instancePath:instancePath+"/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/patternProperties/%5E%5Ba-z%5D%2B%24/required",keyword:"required",params:{missingProperty: "soft"}};
(vErrors ??= []).push(err1); errors++;
}
if(data0.hard === undefined){
const err2 = {instancePath:instancePath+"/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/patternProperties/%5E%5Ba-z%5D%2B%24/required",keyword:"required",params:{missingProperty: "hard"}};
(vErrors ??= []).push(err2); errors++;
}
for(const key1 in data0){
if(!(((key1 === "soft") || (key1 === "hard")) || (pattern3.test(key1)))){
const err3 = {instancePath:instancePath+"/" + key0.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/patternProperties/%5E%5Ba-z%5D%2B%24/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1, known: ["soft","hard"]}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data0.soft !== undefined){
let data1 = data0.soft;
if((!((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1)))) && (typeof data1 !== "string")){
const err4 = {instancePath:instancePath+"/" + key0.replace(/~/g, "~0").replace(/\//g, "~1")+"/soft",schemaPath:"#/patternProperties/%5E%5Ba-z%5D%2B%24/properties/soft/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data0.hard !== undefined){
let data2 = data0.hard;
if((!((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2)))) && (typeof data2 !== "string")){
const err5 = {instancePath:instancePath+"/" + key0.replace(/~/g, "~0").replace(/\//g, "~1")+"/hard",schemaPath:"#/patternProperties/%5E%5Ba-z%5D%2B%24/properties/hard/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err5); errors++;
}
}
}
}
}
}
else {
const err6 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err6); errors++;
}
validate78.errors = vErrors;
return errors === 0;
}
function validate68(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if((typeof data !== "string") && (!(data && typeof data == "object" && !Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: ["string","object"]}};
(vErrors ??= []).push(err0); errors++;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((func1.call(keys0, key0)) || (pattern3.test(key0)))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: Object.keys(keys0)}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.context !== undefined){
if(typeof data.context !== "string"){
const err2 = {instancePath:instancePath+"/context",schemaPath:"#/properties/context/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.dockerfile !== undefined){
if(typeof data.dockerfile !== "string"){
const err3 = {instancePath:instancePath+"/dockerfile",schemaPath:"#/properties/dockerfile/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.dockerfile_inline !== undefined){
if(typeof data.dockerfile_inline !== "string"){
const err4 = {instancePath:instancePath+"/dockerfile_inline",schemaPath:"#/properties/dockerfile_inline/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data.additional_contexts !== undefined){
if(!(validate59(data.additional_contexts, {instancePath:instancePath+"/additional_contexts"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.args !== undefined){
if(!(validate59(data.args, {instancePath:instancePath+"/args"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.cache_from !== undefined){
let data5 = data.cache_from;
if(Array.isArray(data5)){
const len0 = data5.length;
for(let i0=0; i0<len0; i0++){
if(typeof data5[i0] !== "string"){
const err5 = {instancePath:instancePath+"/cache_from/" + i0,schemaPath:"#/properties/cache_from/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err5); errors++;
}
}
}
else {
const err6 = {instancePath:instancePath+"/cache_from",schemaPath:"#/properties/cache_from/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err6); errors++;
}
}
if(data.cache_to !== undefined){
let data7 = data.cache_to;
if(Array.isArray(data7)){
const len1 = data7.length;
for(let i1=0; i1<len1; i1++){
if(typeof data7[i1] !== "string"){
const err7 = {instancePath:instancePath+"/cache_to/" + i1,schemaPath:"#/properties/cache_to/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err7); errors++;
}
}
}
else {
const err8 = {instancePath:instancePath+"/cache_to",schemaPath:"#/properties/cache_to/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err8); errors++;
}
}
if(data.entitlements !== undefined){
let data9 = data.entitlements;
if(Array.isArray(data9)){
const len2 = data9.length;
for(let i2=0; i2<len2; i2++){
if(typeof data9[i2] !== "string"){
const err9 = {instancePath:instancePath+"/entitlements/" + i2,schemaPath:"#/properties/entitlements/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err9); errors++;
}
}
}
else {
const err10 = {instancePath:instancePath+"/entitlements",schemaPath:"#/properties/entitlements/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err10); errors++;
}
}
if(data.extra_hosts !== undefined){
if(!(validate71(data.extra_hosts, {instancePath:instancePath+"/extra_hosts"}))){
vErrors = vErrors === null ? validate71.errors : vErrors.concat(validate71.errors);
errors = vErrors.length;
}
}
if(data.isolation !== undefined){
if(typeof data.isolation !== "string"){
const err11 = {instancePath:instancePath+"/isolation",schemaPath:"#/properties/isolation/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err11); errors++;
}
}
if(data.labels !== undefined){
if(!(validate59(data.labels, {instancePath:instancePath+"/labels"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.network !== undefined){
if(typeof data.network !== "string"){
const err12 = {instancePath:instancePath+"/network",schemaPath:"#/properties/network/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err12); errors++;
}
}
if(data.no_cache !== undefined){
let data15 = data.no_cache;
if((typeof data15 !== "boolean") && (typeof data15 !== "string")){
const err13 = {instancePath:instancePath+"/no_cache",schemaPath:"#/properties/no_cache/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err13); errors++;
}
}
if(data.no_cache_filter !== undefined){
if(!(validate54(data.no_cache_filter, {instancePath:instancePath+"/no_cache_filter"}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.platforms !== undefined){
let data17 = data.platforms;
if(Array.isArray(data17)){
const len3 = data17.length;
for(let i3=0; i3<len3; i3++){
if(typeof data17[i3] !== "string"){
const err14 = {instancePath:instancePath+"/platforms/" + i3,schemaPath:"#/properties/platforms/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err14); errors++;
}
}
}
else {
const err15 = {instancePath:instancePath+"/platforms",schemaPath:"#/properties/platforms/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err15); errors++;
}
}
if(data.privileged !== undefined){
let data19 = data.privileged;
if((typeof data19 !== "boolean") && (typeof data19 !== "string")){
const err16 = {instancePath:instancePath+"/privileged",schemaPath:"#/properties/privileged/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err16); errors++;
}
}
if(data.provenance !== undefined){
let data20 = data.provenance;
if((typeof data20 !== "string") && (typeof data20 !== "boolean")){
const err17 = {instancePath:instancePath+"/provenance",schemaPath:"#/properties/provenance/type",keyword:"type",params:{type: ["string","boolean"]}};
(vErrors ??= []).push(err17); errors++;
}
}
if(data.pull !== undefined){
let data21 = data.pull;
if((typeof data21 !== "boolean") && (typeof data21 !== "string")){
const err18 = {instancePath:instancePath+"/pull",schemaPath:"#/properties/pull/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err18); errors++;
}
}
if(data.sbom !== undefined){
let data22 = data.sbom;
if((typeof data22 !== "string") && (typeof data22 !== "boolean")){
const err19 = {instancePath:instancePath+"/sbom",schemaPath:"#/properties/sbom/type",keyword:"type",params:{type: ["string","boolean"]}};
(vErrors ??= []).push(err19); errors++;
}
}
if(data.secrets !== undefined){
if(!(validate75(data.secrets, {instancePath:instancePath+"/secrets"}))){
vErrors = vErrors === null ? validate75.errors : vErrors.concat(validate75.errors);
errors = vErrors.length;
}
}
if(data.shm_size !== undefined){
let data24 = data.shm_size;
if((!((typeof data24 == "number") && (!(data24 % 1) && !isNaN(data24)))) && (typeof data24 !== "string")){
const err20 = {instancePath:instancePath+"/shm_size",schemaPath:"#/properties/shm_size/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err20); errors++;
}
}
if(data.ssh !== undefined){
if(!(validate59(data.ssh, {instancePath:instancePath+"/ssh"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.tags !== undefined){
let data26 = data.tags;
if(Array.isArray(data26)){
const len4 = data26.length;
for(let i4=0; i4<len4; i4++){
if(typeof data26[i4] !== "string"){
const err21 = {instancePath:instancePath+"/tags/" + i4,schemaPath:"#/properties/tags/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err21); errors++;
}
}
}
else {
const err22 = {instancePath:instancePath+"/tags",schemaPath:"#/properties/tags/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err22); errors++;
}
}
if(data.target !== undefined){
if(typeof data.target !== "string"){
const err23 = {instancePath:instancePath+"/target",schemaPath:"#/properties/target/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err23); errors++;
}
}
if(data.ulimits !== undefined){
if(!(validate78(data.ulimits, {instancePath:instancePath+"/ulimits"}))){
vErrors = vErrors === null ? validate78.errors : vErrors.concat(validate78.errors);
errors = vErrors.length;
}
}
}
validate68.errors = vErrors;
return errors === 0;
}
function validate81(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(((data !== null) && (typeof data !== "string")) && (!(Array.isArray(data)))){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: ["null","string","array"]}};
(vErrors ??= []).push(err0); errors++;
}
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(typeof data[i0] !== "string"){
const err1 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
}
validate81.errors = vErrors;
return errors === 0;
}
function validate87(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(typeof data[i0] !== "string"){
const err0 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err0); errors++;
}
}
let i1 = data.length;
let j0;
if(i1 > 1){
const indices0 = {};
for(;i1--;){
let item0 = data[i1];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err1 = {instancePath,schemaPath:"#/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0}};
(vErrors ??= []).push(err1); errors++;
break;
}
indices0[item0] = i1;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err2); errors++;
}
validate87.errors = vErrors;
return errors === 0;
}
function validate86(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.capabilities === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "capabilities"}};
(vErrors ??= []).push(err0); errors++;
}
for(const key0 in data){
if(!((((((key0 === "capabilities") || (key0 === "count")) || (key0 === "device_ids")) || (key0 === "driver")) || (key0 === "options")) || (pattern3.test(key0)))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["capabilities","count","device_ids","driver","options"]}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.capabilities !== undefined){
if(!(validate87(data.capabilities, {instancePath:instancePath+"/capabilities"}))){
vErrors = vErrors === null ? validate87.errors : vErrors.concat(validate87.errors);
errors = vErrors.length;
}
}
if(data.count !== undefined){
let data1 = data.count;
if((typeof data1 !== "string") && (!((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))))){
const err2 = {instancePath:instancePath+"/count",schemaPath:"#/properties/count/type",keyword:"type",params:{type: ["string","integer"]}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.device_ids !== undefined){
if(!(validate87(data.device_ids, {instancePath:instancePath+"/device_ids"}))){
vErrors = vErrors === null ? validate87.errors : vErrors.concat(validate87.errors);
errors = vErrors.length;
}
}
if(data.driver !== undefined){
if(typeof data.driver !== "string"){
const err3 = {instancePath:instancePath+"/driver",schemaPath:"#/properties/driver/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.options !== undefined){
if(!(validate59(data.options, {instancePath:instancePath+"/options"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err4); errors++;
}
validate86.errors = vErrors;
return errors === 0;
}
function validate84(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if((!(data && typeof data == "object" && !Array.isArray(data))) && (data !== null)){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: ["object","null"]}};
(vErrors ??= []).push(err0); errors++;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((func1.call(keys1, key0)) || (pattern3.test(key0)))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: Object.keys(keys1)}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.mode !== undefined){
if(typeof data.mode !== "string"){
const err2 = {instancePath:instancePath+"/mode",schemaPath:"#/properties/mode/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.replicas !== undefined){
let data1 = data.replicas;
if((!((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1)))) && (typeof data1 !== "string")){
const err3 = {instancePath:instancePath+"/replicas",schemaPath:"#/properties/replicas/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.endpoint_mode !== undefined){
if(typeof data.endpoint_mode !== "string"){
const err4 = {instancePath:instancePath+"/endpoint_mode",schemaPath:"#/properties/endpoint_mode/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data.labels !== undefined){
if(!(validate59(data.labels, {instancePath:instancePath+"/labels"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.update_config !== undefined){
let data4 = data.update_config;
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
for(const key1 in data4){
if(!(((((((key1 === "parallelism") || (key1 === "delay")) || (key1 === "failure_action")) || (key1 === "monitor")) || (key1 === "max_failure_ratio")) || (key1 === "order")) || (pattern3.test(key1)))){
const err5 = {instancePath:instancePath+"/update_config",schemaPath:"#/properties/update_config/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1, known: ["parallelism","delay","failure_action","monitor","max_failure_ratio","order"]}};
(vErrors ??= []).push(err5); errors++;
}
}
if(data4.parallelism !== undefined){
let data5 = data4.parallelism;
if((!((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5)))) && (typeof data5 !== "string")){
const err6 = {instancePath:instancePath+"/update_config/parallelism",schemaPath:"#/properties/update_config/properties/parallelism/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err6); errors++;
}
}
if(data4.delay !== undefined){
if(typeof data4.delay !== "string"){
const err7 = {instancePath:instancePath+"/update_config/delay",schemaPath:"#/properties/update_config/properties/delay/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err7); errors++;
}
}
if(data4.failure_action !== undefined){
if(typeof data4.failure_action !== "string"){
const err8 = {instancePath:instancePath+"/update_config/failure_action",schemaPath:"#/properties/update_config/properties/failure_action/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err8); errors++;
}
}
if(data4.monitor !== undefined){
if(typeof data4.monitor !== "string"){
const err9 = {instancePath:instancePath+"/update_config/monitor",schemaPath:"#/properties/update_config/properties/monitor/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err9); errors++;
}
}
if(data4.max_failure_ratio !== undefined){
let data9 = data4.max_failure_ratio;
if((!(typeof data9 == "number")) && (typeof data9 !== "string")){
const err10 = {instancePath:instancePath+"/update_config/max_failure_ratio",schemaPath:"#/properties/update_config/properties/max_failure_ratio/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err10); errors++;
}
}
if(data4.order !== undefined){
let data10 = data4.order;
if(typeof data10 !== "string"){
const err11 = {instancePath:instancePath+"/update_config/order",schemaPath:"#/properties/update_config/properties/order/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err11); errors++;
}
if(!((data10 === "start-first") || (data10 === "stop-first"))){
const err12 = {instancePath:instancePath+"/update_config/order",schemaPath:"#/properties/update_config/properties/order/enum",keyword:"enum",params:{allowedValues: ["start-first","stop-first"]}};
(vErrors ??= []).push(err12); errors++;
}
}
}
else {
const err13 = {instancePath:instancePath+"/update_config",schemaPath:"#/properties/update_config/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err13); errors++;
}
}
if(data.rollback_config !== undefined){
let data11 = data.rollback_config;
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
for(const key2 in data11){
if(!(((((((key2 === "parallelism") || (key2 === "delay")) || (key2 === "failure_action")) || (key2 === "monitor")) || (key2 === "max_failure_ratio")) || (key2 === "order")) || (pattern3.test(key2)))){
const err14 = {instancePath:instancePath+"/rollback_config",schemaPath:"#/properties/rollback_config/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2, known: ["parallelism","delay","failure_action","monitor","max_failure_ratio","order"]}};
(vErrors ??= []).push(err14); errors++;
}
}
if(data11.parallelism !== undefined){
let data12 = data11.parallelism;
if((!((typeof data12 == "number") && (!(data12 % 1) && !isNaN(data12)))) && (typeof data12 !== "string")){
const err15 = {instancePath:instancePath+"/rollback_config/parallelism",schemaPath:"#/properties/rollback_config/properties/parallelism/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err15); errors++;
}
}
if(data11.delay !== undefined){
if(typeof data11.delay !== "string"){
const err16 = {instancePath:instancePath+"/rollback_config/delay",schemaPath:"#/properties/rollback_config/properties/delay/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err16); errors++;
}
}
if(data11.failure_action !== undefined){
if(typeof data11.failure_action !== "string"){
const err17 = {instancePath:instancePath+"/rollback_config/failure_action",schemaPath:"#/properties/rollback_config/properties/failure_action/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err17); errors++;
}
}
if(data11.monitor !== undefined){
if(typeof data11.monitor !== "string"){
const err18 = {instancePath:instancePath+"/rollback_config/monitor",schemaPath:"#/properties/rollback_config/properties/monitor/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err18); errors++;
}
}
if(data11.max_failure_ratio !== undefined){
let data16 = data11.max_failure_ratio;
if((!(typeof data16 == "number")) && (typeof data16 !== "string")){
const err19 = {instancePath:instancePath+"/rollback_config/max_failure_ratio",schemaPath:"#/properties/rollback_config/properties/max_failure_ratio/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err19); errors++;
}
}
if(data11.order !== undefined){
let data17 = data11.order;
if(typeof data17 !== "string"){
const err20 = {instancePath:instancePath+"/rollback_config/order",schemaPath:"#/properties/rollback_config/properties/order/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err20); errors++;
}
if(!((data17 === "start-first") || (data17 === "stop-first"))){
const err21 = {instancePath:instancePath+"/rollback_config/order",schemaPath:"#/properties/rollback_config/properties/order/enum",keyword:"enum",params:{allowedValues: ["start-first","stop-first"]}};
(vErrors ??= []).push(err21); errors++;
}
}
}
else {
const err22 = {instancePath:instancePath+"/rollback_config",schemaPath:"#/properties/rollback_config/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err22); errors++;
}
}
if(data.resources !== undefined){
let data18 = data.resources;
if(data18 && typeof data18 == "object" && !Array.isArray(data18)){
for(const key3 in data18){
if(!(((key3 === "limits") || (key3 === "reservations")) || (pattern3.test(key3)))){
const err23 = {instancePath:instancePath+"/resources",schemaPath:"#/properties/resources/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3, known: ["limits","reservations"]}};
(vErrors ??= []).push(err23); errors++;
}
}
if(data18.limits !== undefined){
let data19 = data18.limits;
if(data19 && typeof data19 == "object" && !Array.isArray(data19)){
for(const key4 in data19){
if(!((((key4 === "cpus") || (key4 === "memory")) || (key4 === "pids")) || (pattern3.test(key4)))){
const err24 = {instancePath:instancePath+"/resources/limits",schemaPath:"#/properties/resources/properties/limits/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4, known: ["cpus","memory","pids"]}};
(vErrors ??= []).push(err24); errors++;
}
}
if(data19.cpus !== undefined){
let data20 = data19.cpus;
if((!(typeof data20 == "number")) && (typeof data20 !== "string")){
const err25 = {instancePath:instancePath+"/resources/limits/cpus",schemaPath:"#/properties/resources/properties/limits/properties/cpus/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err25); errors++;
}
}
if(data19.memory !== undefined){
if(typeof data19.memory !== "string"){
const err26 = {instancePath:instancePath+"/resources/limits/memory",schemaPath:"#/properties/resources/properties/limits/properties/memory/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err26); errors++;
}
}
if(data19.pids !== undefined){
let data22 = data19.pids;
if((!((typeof data22 == "number") && (!(data22 % 1) && !isNaN(data22)))) && (typeof data22 !== "string")){
const err27 = {instancePath:instancePath+"/resources/limits/pids",schemaPath:"#/properties/resources/properties/limits/properties/pids/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err27); errors++;
}
}
}
else {
const err28 = {instancePath:instancePath+"/resources/limits",schemaPath:"#/properties/resources/properties/limits/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err28); errors++;
}
}
if(data18.reservations !== undefined){
let data23 = data18.reservations;
if(data23 && typeof data23 == "object" && !Array.isArray(data23)){
for(const key5 in data23){
if(!(((((key5 === "cpus") || (key5 === "memory")) || (key5 === "devices")) || (key5 === "generic_resources")) || (pattern3.test(key5)))){
const err29 = {instancePath:instancePath+"/resources/reservations",schemaPath:"#/properties/resources/properties/reservations/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5, known: ["cpus","memory","devices","generic_resources"]}};
(vErrors ??= []).push(err29); errors++;
}
}
if(data23.cpus !== undefined){
let data24 = data23.cpus;
if((!(typeof data24 == "number")) && (typeof data24 !== "string")){
const err30 = {instancePath:instancePath+"/resources/reservations/cpus",schemaPath:"#/properties/resources/properties/reservations/properties/cpus/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err30); errors++;
}
}
if(data23.memory !== undefined){
if(typeof data23.memory !== "string"){
const err31 = {instancePath:instancePath+"/resources/reservations/memory",schemaPath:"#/properties/resources/properties/reservations/properties/memory/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err31); errors++;
}
}
if(data23.devices !== undefined){
let data26 = data23.devices;
if(Array.isArray(data26)){
const len0 = data26.length;
for(let i0=0; i0<len0; i0++){
if(!(validate86(data26[i0], {instancePath:instancePath+"/resources/reservations/devices/" + i0}))){
vErrors = vErrors === null ? validate86.errors : vErrors.concat(validate86.errors);
errors = vErrors.length;
}
}
}
else {
const err32 = {instancePath:instancePath+"/resources/reservations/devices",schemaPath:"#/properties/resources/properties/reservations/properties/devices/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err32); errors++;
}
}
if(data23.generic_resources !== undefined){
let data28 = data23.generic_resources;
if(Array.isArray(data28)){
const len1 = data28.length;
for(let i1=0; i1<len1; i1++){
let data29 = data28[i1];
if(data29 && typeof data29 == "object" && !Array.isArray(data29)){
for(const key6 in data29){
if(!((key6 === "discrete_resource_spec") || (pattern3.test(key6)))){
const err33 = {instancePath:instancePath+"/resources/reservations/generic_resources/" + i1,schemaPath:"#/properties/resources/properties/reservations/properties/generic_resources/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6, known: ["discrete_resource_spec"]}};
(vErrors ??= []).push(err33); errors++;
}
}
if(data29.discrete_resource_spec !== undefined){
let data30 = data29.discrete_resource_spec;
if(data30 && typeof data30 == "object" && !Array.isArray(data30)){
for(const key7 in data30){
if(!(((key7 === "kind") || (key7 === "value")) || (pattern3.test(key7)))){
const err34 = {instancePath:instancePath+"/resources/reservations/generic_resources/" + i1+"/discrete_resource_spec",schemaPath:"#/properties/resources/properties/reservations/properties/generic_resources/items/properties/discrete_resource_spec/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7, known: ["kind","value"]}};
(vErrors ??= []).push(err34); errors++;
}
}
if(data30.kind !== undefined){
if(typeof data30.kind !== "string"){
const err35 = {instancePath:instancePath+"/resources/reservations/generic_resources/" + i1+"/discrete_resource_spec/kind",schemaPath:"#/properties/resources/properties/reservations/properties/generic_resources/items/properties/discrete_resource_spec/properties/kind/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err35); errors++;
}
}
if(data30.value !== undefined){
let data32 = data30.value;
if((!(typeof data32 == "number")) && (typeof data32 !== "string")){
const err36 = {instancePath:instancePath+"/resources/reservations/generic_resources/" + i1+"/discrete_resource_spec/value",schemaPath:"#/properties/resources/properties/reservations/properties/generic_resources/items/properties/discrete_resource_spec/properties/value/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err36); errors++;
}
}
}
else {
const err37 = {instancePath:instancePath+"/resources/reservations/generic_resources/" + i1+"/discrete_resource_spec",schemaPath:"#/properties/resources/properties/reservations/properties/generic_resources/items/properties/discrete_resource_spec/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err37); errors++;
}
}
}
else {
const err38 = {instancePath:instancePath+"/resources/reservations/generic_resources/" + i1,schemaPath:"#/properties/resources/properties/reservations/properties/generic_resources/items/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err38); errors++;
}
}
}
else {
const err39 = {instancePath:instancePath+"/resources/reservations/generic_resources",schemaPath:"#/properties/resources/properties/reservations/properties/generic_resources/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err39); errors++;
}
}
}
else {
const err40 = {instancePath:instancePath+"/resources/reservations",schemaPath:"#/properties/resources/properties/reservations/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err40); errors++;
}
}
}
else {
const err41 = {instancePath:instancePath+"/resources",schemaPath:"#/properties/resources/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err41); errors++;
}
}
if(data.restart_policy !== undefined){
let data33 = data.restart_policy;
if(data33 && typeof data33 == "object" && !Array.isArray(data33)){
for(const key8 in data33){
if(!(((((key8 === "condition") || (key8 === "delay")) || (key8 === "max_attempts")) || (key8 === "window")) || (pattern3.test(key8)))){
const err42 = {instancePath:instancePath+"/restart_policy",schemaPath:"#/properties/restart_policy/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8, known: ["condition","delay","max_attempts","window"]}};
(vErrors ??= []).push(err42); errors++;
}
}
if(data33.condition !== undefined){
if(typeof data33.condition !== "string"){
const err43 = {instancePath:instancePath+"/restart_policy/condition",schemaPath:"#/properties/restart_policy/properties/condition/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err43); errors++;
}
}
if(data33.delay !== undefined){
if(typeof data33.delay !== "string"){
const err44 = {instancePath:instancePath+"/restart_policy/delay",schemaPath:"#/properties/restart_policy/properties/delay/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err44); errors++;
}
}
if(data33.max_attempts !== undefined){
let data36 = data33.max_attempts;
if((!((typeof data36 == "number") && (!(data36 % 1) && !isNaN(data36)))) && (typeof data36 !== "string")){
const err45 = {instancePath:instancePath+"/restart_policy/max_attempts",schemaPath:"#/properties/restart_policy/properties/max_attempts/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err45); errors++;
}
}
if(data33.window !== undefined){
if(typeof data33.window !== "string"){
const err46 = {instancePath:instancePath+"/restart_policy/window",schemaPath:"#/properties/restart_policy/properties/window/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err46); errors++;
}
}
}
else {
const err47 = {instancePath:instancePath+"/restart_policy",schemaPath:"#/properties/restart_policy/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err47); errors++;
}
}
if(data.placement !== undefined){
let data38 = data.placement;
if(data38 && typeof data38 == "object" && !Array.isArray(data38)){
for(const key9 in data38){
if(!((((key9 === "constraints") || (key9 === "preferences")) || (key9 === "max_replicas_per_node")) || (pattern3.test(key9)))){
const err48 = {instancePath:instancePath+"/placement",schemaPath:"#/properties/placement/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9, known: ["constraints","preferences","max_replicas_per_node"]}};
(vErrors ??= []).push(err48); errors++;
}
}
if(data38.constraints !== undefined){
let data39 = data38.constraints;
if(Array.isArray(data39)){
const len2 = data39.length;
for(let i2=0; i2<len2; i2++){
if(typeof data39[i2] !== "string"){
const err49 = {instancePath:instancePath+"/placement/constraints/" + i2,schemaPath:"#/properties/placement/properties/constraints/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err49); errors++;
}
}
}
else {
const err50 = {instancePath:instancePath+"/placement/constraints",schemaPath:"#/properties/placement/properties/constraints/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err50); errors++;
}
}
if(data38.preferences !== undefined){
let data41 = data38.preferences;
if(Array.isArray(data41)){
const len3 = data41.length;
for(let i3=0; i3<len3; i3++){
let data42 = data41[i3];
if(data42 && typeof data42 == "object" && !Array.isArray(data42)){
for(const key10 in data42){
if(!((key10 === "spread") || (pattern3.test(key10)))){
const err51 = {instancePath:instancePath+"/placement/preferences/" + i3,schemaPath:"#/properties/placement/properties/preferences/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key10, known: ["spread"]}};
(vErrors ??= []).push(err51); errors++;
}
}
if(data42.spread !== undefined){
if(typeof data42.spread !== "string"){
const err52 = {instancePath:instancePath+"/placement/preferences/" + i3+"/spread",schemaPath:"#/properties/placement/properties/preferences/items/properties/spread/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err52); errors++;
}
}
}
else {
const err53 = {instancePath:instancePath+"/placement/preferences/" + i3,schemaPath:"#/properties/placement/properties/preferences/items/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err53); errors++;
}
}
}
else {
const err54 = {instancePath:instancePath+"/placement/preferences",schemaPath:"#/properties/placement/properties/preferences/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err54); errors++;
}
}
if(data38.max_replicas_per_node !== undefined){
let data44 = data38.max_replicas_per_node;
if((!((typeof data44 == "number") && (!(data44 % 1) && !isNaN(data44)))) && (typeof data44 !== "string")){
const err55 = {instancePath:instancePath+"/placement/max_replicas_per_node",schemaPath:"#/properties/placement/properties/max_replicas_per_node/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err55); errors++;
}
}
}
else {
const err56 = {instancePath:instancePath+"/placement",schemaPath:"#/properties/placement/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err56); errors++;
}
}
}
validate84.errors = vErrors;
return errors === 0;
}
function validate94(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.command === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "command"}};
(vErrors ??= []).push(err0); errors++;
}
for(const key0 in data){
if(!((((((key0 === "command") || (key0 === "user")) || (key0 === "privileged")) || (key0 === "working_dir")) || (key0 === "environment")) || (pattern3.test(key0)))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["command","user","privileged","working_dir","environment"]}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.command !== undefined){
if(!(validate81(data.command, {instancePath:instancePath+"/command"}))){
vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
errors = vErrors.length;
}
}
if(data.user !== undefined){
if(typeof data.user !== "string"){
const err2 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.privileged !== undefined){
let data2 = data.privileged;
if((typeof data2 !== "boolean") && (typeof data2 !== "string")){
const err3 = {instancePath:instancePath+"/privileged",schemaPath:"#/properties/privileged/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.working_dir !== undefined){
if(typeof data.working_dir !== "string"){
const err4 = {instancePath:instancePath+"/working_dir",schemaPath:"#/properties/working_dir/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data.environment !== undefined){
if(!(validate59(data.environment, {instancePath:instancePath+"/environment"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err5); errors++;
}
validate94.errors = vErrors;
return errors === 0;
}
function validate93(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if((!(data && typeof data == "object" && !Array.isArray(data))) && (data !== null)){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: ["object","null"]}};
(vErrors ??= []).push(err0); errors++;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((key0 === "watch") || (pattern3.test(key0)))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["watch"]}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.watch !== undefined){
let data0 = data.watch;
if(Array.isArray(data0)){
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
let data1 = data0[i0];
if(data1 && typeof data1 == "object" && !Array.isArray(data1)){
if(data1.path === undefined){
const err2 = {instancePath:instancePath+"/watch/" + i0,schemaPath:"#/properties/watch/items/required",keyword:"required",params:{missingProperty: "path"}};
(vErrors ??= []).push(err2); errors++;
}
if(data1.action === undefined){
const err3 = {instancePath:instancePath+"/watch/" + i0,schemaPath:"#/properties/watch/items/required",keyword:"required",params:{missingProperty: "action"}};
(vErrors ??= []).push(err3); errors++;
}
for(const key1 in data1){
if(!((((((((key1 === "path") || (key1 === "action")) || (key1 === "target")) || (key1 === "ignore")) || (key1 === "include")) || (key1 === "exec")) || (key1 === "initial_sync")) || (pattern3.test(key1)))){
const err4 = {instancePath:instancePath+"/watch/" + i0,schemaPath:"#/properties/watch/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1, known: ["path","action","target","ignore","include","exec","initial_sync"]}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data1.path !== undefined){
if(typeof data1.path !== "string"){
const err5 = {instancePath:instancePath+"/watch/" + i0+"/path",schemaPath:"#/properties/watch/items/properties/path/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err5); errors++;
}
}
if(data1.action !== undefined){
let data3 = data1.action;
if(typeof data3 !== "string"){
const err6 = {instancePath:instancePath+"/watch/" + i0+"/action",schemaPath:"#/properties/watch/items/properties/action/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err6); errors++;
}
if(!(((((data3 === "rebuild") || (data3 === "sync")) || (data3 === "restart")) || (data3 === "sync+restart")) || (data3 === "sync+exec"))){
const err7 = {instancePath:instancePath+"/watch/" + i0+"/action",schemaPath:"#/properties/watch/items/properties/action/enum",keyword:"enum",params:{allowedValues: ["rebuild","sync","restart","sync+restart","sync+exec"]}};
(vErrors ??= []).push(err7); errors++;
}
}
if(data1.target !== undefined){
if(typeof data1.target !== "string"){
const err8 = {instancePath:instancePath+"/watch/" + i0+"/target",schemaPath:"#/properties/watch/items/properties/target/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err8); errors++;
}
}
if(data1.ignore !== undefined){
let data5 = data1.ignore;
if((typeof data5 !== "string") && (!(Array.isArray(data5)))){
const err9 = {instancePath:instancePath+"/watch/" + i0+"/ignore",schemaPath:"#/properties/watch/items/properties/ignore/type",keyword:"type",params:{type: ["string","array"]}};
(vErrors ??= []).push(err9); errors++;
}
if(Array.isArray(data5)){
const len1 = data5.length;
for(let i1=0; i1<len1; i1++){
if(typeof data5[i1] !== "string"){
const err10 = {instancePath:instancePath+"/watch/" + i0+"/ignore/" + i1,schemaPath:"#/properties/watch/items/properties/ignore/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err10); errors++;
}
}
}
}
if(data1.include !== undefined){
let data7 = data1.include;
if((typeof data7 !== "string") && (!(Array.isArray(data7)))){
const err11 = {instancePath:instancePath+"/watch/" + i0+"/include",schemaPath:"#/properties/watch/items/properties/include/type",keyword:"type",params:{type: ["string","array"]}};
(vErrors ??= []).push(err11); errors++;
}
if(Array.isArray(data7)){
const len2 = data7.length;
for(let i2=0; i2<len2; i2++){
if(typeof data7[i2] !== "string"){
const err12 = {instancePath:instancePath+"/watch/" + i0+"/include/" + i2,schemaPath:"#/properties/watch/items/properties/include/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err12); errors++;
}
}
}
}
if(data1.exec !== undefined){
if(!(validate94(data1.exec, {instancePath:instancePath+"/watch/" + i0+"/exec"}))){
vErrors = vErrors === null ? validate94.errors : vErrors.concat(validate94.errors);
errors = vErrors.length;
}
}
if(data1.initial_sync !== undefined){
let data10 = data1.initial_sync;
if((typeof data10 !== "boolean") && (typeof data10 !== "string")){
const err13 = {instancePath:instancePath+"/watch/" + i0+"/initial_sync",schemaPath:"#/properties/watch/items/properties/initial_sync/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err13); errors++;
}
}
}
else {
const err14 = {instancePath:instancePath+"/watch/" + i0,schemaPath:"#/properties/watch/items/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err14); errors++;
}
}
}
else {
const err15 = {instancePath:instancePath+"/watch",schemaPath:"#/properties/watch/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err15); errors++;
}
}
}
validate93.errors = vErrors;
return errors === 0;
}
function validate104(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.capabilities !== undefined){
if(!(validate87(data.capabilities, {instancePath:instancePath+"/capabilities"}))){
vErrors = vErrors === null ? validate87.errors : vErrors.concat(validate87.errors);
errors = vErrors.length;
}
}
if(data.count !== undefined){
let data1 = data.count;
if((typeof data1 !== "string") && (!((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))))){
const err0 = {instancePath:instancePath+"/count",schemaPath:"#/properties/count/type",keyword:"type",params:{type: ["string","integer"]}};
(vErrors ??= []).push(err0); errors++;
}
}
if(data.device_ids !== undefined){
if(!(validate87(data.device_ids, {instancePath:instancePath+"/device_ids"}))){
vErrors = vErrors === null ? validate87.errors : vErrors.concat(validate87.errors);
errors = vErrors.length;
}
}
if(data.driver !== undefined){
if(typeof data.driver !== "string"){
const err1 = {instancePath:instancePath+"/driver",schemaPath:"#/properties/driver/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.options !== undefined){
if(!(validate59(data.options, {instancePath:instancePath+"/options"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
}
else {
const err2 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err2); errors++;
}
validate104.errors = vErrors;
return errors === 0;
}
function validate109(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((((key0 === "test") || (key0 === "interval")) || (key0 === "timeout")) || (key0 === "retries")) || (key0 === "start_period")) || (key0 === "start_interval")) || (key0 === "disable")) || (pattern3.test(key0)))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["test","interval","timeout","retries","start_period","start_interval","disable"]}};
(vErrors ??= []).push(err0); errors++;
}
}
if(data.test !== undefined){
let data0 = data.test;
if((typeof data0 !== "string") && (!(Array.isArray(data0)))){
const err1 = {instancePath:instancePath+"/test",schemaPath:"#/properties/test/type",keyword:"type",params:{type: ["string","array"]}};
(vErrors ??= []).push(err1); errors++;
}
if(Array.isArray(data0)){
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
if(typeof data0[i0] !== "string"){
const err2 = {instancePath:instancePath+"/test/" + i0,schemaPath:"#/properties/test/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
}
}
if(data.interval !== undefined){
if(typeof data.interval !== "string"){
const err3 = {instancePath:instancePath+"/interval",schemaPath:"#/properties/interval/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.timeout !== undefined){
if(typeof data.timeout !== "string"){
const err4 = {instancePath:instancePath+"/timeout",schemaPath:"#/properties/timeout/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data.retries !== undefined){
let data4 = data.retries;
if((!(typeof data4 == "number")) && (typeof data4 !== "string")){
const err5 = {instancePath:instancePath+"/retries",schemaPath:"#/properties/retries/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err5); errors++;
}
}
if(data.start_period !== undefined){
if(typeof data.start_period !== "string"){
const err6 = {instancePath:instancePath+"/start_period",schemaPath:"#/properties/start_period/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err6); errors++;
}
}
if(data.start_interval !== undefined){
if(typeof data.start_interval !== "string"){
const err7 = {instancePath:instancePath+"/start_interval",schemaPath:"#/properties/start_interval/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err7); errors++;
}
}
if(data.disable !== undefined){
let data7 = data.disable;
if((typeof data7 !== "boolean") && (typeof data7 !== "string")){
const err8 = {instancePath:instancePath+"/disable",schemaPath:"#/properties/disable/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err8); errors++;
}
}
}
else {
const err9 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err9); errors++;
}
validate109.errors = vErrors;
return errors === 0;
}
function validate113(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((((key0 === "command") || (key0 === "user")) || (key0 === "privileged")) || (key0 === "working_dir")) || (key0 === "environment")) || (key0 === "image")) || (key0 === "per_replica")) || (pattern3.test(key0)))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["command","user","privileged","working_dir","environment","image","per_replica"]}};
(vErrors ??= []).push(err0); errors++;
}
}
if(data.command !== undefined){
if(!(validate81(data.command, {instancePath:instancePath+"/command"}))){
vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
errors = vErrors.length;
}
}
if(data.user !== undefined){
if(typeof data.user !== "string"){
const err1 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.privileged !== undefined){
let data2 = data.privileged;
if((typeof data2 !== "boolean") && (typeof data2 !== "string")){
const err2 = {instancePath:instancePath+"/privileged",schemaPath:"#/properties/privileged/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.working_dir !== undefined){
if(typeof data.working_dir !== "string"){
const err3 = {instancePath:instancePath+"/working_dir",schemaPath:"#/properties/working_dir/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.environment !== undefined){
if(!(validate59(data.environment, {instancePath:instancePath+"/environment"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.image !== undefined){
if(typeof data.image !== "string"){
const err4 = {instancePath:instancePath+"/image",schemaPath:"#/properties/image/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data.per_replica !== undefined){
let data6 = data.per_replica;
if((typeof data6 !== "boolean") && (typeof data6 !== "string")){
const err5 = {instancePath:instancePath+"/per_replica",schemaPath:"#/properties/per_replica/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err5); errors++;
}
}
}
else {
const err6 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err6); errors++;
}
validate113.errors = vErrors;
return errors === 0;
}
function validate58(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((func1.call(keys2, key0)) || (pattern3.test(key0)))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: Object.keys(keys2)}};
(vErrors ??= []).push(err0); errors++;
}
}
if(data.annotations !== undefined){
if(!(validate59(data.annotations, {instancePath:instancePath+"/annotations"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.attach !== undefined){
let data1 = data.attach;
if((typeof data1 !== "boolean") && (typeof data1 !== "string")){
const err1 = {instancePath:instancePath+"/attach",schemaPath:"#/properties/attach/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.blkio_config !== undefined){
let data2 = data.blkio_config;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
for(const key1 in data2){
if(!(((((((key1 === "weight") || (key1 === "weight_device")) || (key1 === "device_read_bps")) || (key1 === "device_read_iops")) || (key1 === "device_write_bps")) || (key1 === "device_write_iops")) || (pattern3.test(key1)))){
const err2 = {instancePath:instancePath+"/blkio_config",schemaPath:"#/properties/blkio_config/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1, known: ["weight","weight_device","device_read_bps","device_read_iops","device_write_bps","device_write_iops"]}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data2.weight !== undefined){
let data3 = data2.weight;
if((!((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3)))) && (typeof data3 !== "string")){
const err3 = {instancePath:instancePath+"/blkio_config/weight",schemaPath:"#/properties/blkio_config/properties/weight/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data2.weight_device !== undefined){
let data4 = data2.weight_device;
if(Array.isArray(data4)){
const len0 = data4.length;
for(let i0=0; i0<len0; i0++){
if(!(validate61(data4[i0], {instancePath:instancePath+"/blkio_config/weight_device/" + i0}))){
vErrors = vErrors === null ? validate61.errors : vErrors.concat(validate61.errors);
errors = vErrors.length;
}
}
}
else {
const err4 = {instancePath:instancePath+"/blkio_config/weight_device",schemaPath:"#/properties/blkio_config/properties/weight_device/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data2.device_read_bps !== undefined){
let data6 = data2.device_read_bps;
if(Array.isArray(data6)){
const len1 = data6.length;
for(let i1=0; i1<len1; i1++){
if(!(validate63(data6[i1], {instancePath:instancePath+"/blkio_config/device_read_bps/" + i1}))){
vErrors = vErrors === null ? validate63.errors : vErrors.concat(validate63.errors);
errors = vErrors.length;
}
}
}
else {
const err5 = {instancePath:instancePath+"/blkio_config/device_read_bps",schemaPath:"#/properties/blkio_config/properties/device_read_bps/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err5); errors++;
}
}
if(data2.device_read_iops !== undefined){
let data8 = data2.device_read_iops;
if(Array.isArray(data8)){
const len2 = data8.length;
for(let i2=0; i2<len2; i2++){
if(!(validate63(data8[i2], {instancePath:instancePath+"/blkio_config/device_read_iops/" + i2}))){
vErrors = vErrors === null ? validate63.errors : vErrors.concat(validate63.errors);
errors = vErrors.length;
}
}
}
else {
const err6 = {instancePath:instancePath+"/blkio_config/device_read_iops",schemaPath:"#/properties/blkio_config/properties/device_read_iops/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err6); errors++;
}
}
if(data2.device_write_bps !== undefined){
let data10 = data2.device_write_bps;
if(Array.isArray(data10)){
const len3 = data10.length;
for(let i3=0; i3<len3; i3++){
if(!(validate63(data10[i3], {instancePath:instancePath+"/blkio_config/device_write_bps/" + i3}))){
vErrors = vErrors === null ? validate63.errors : vErrors.concat(validate63.errors);
errors = vErrors.length;
}
}
}
else {
const err7 = {instancePath:instancePath+"/blkio_config/device_write_bps",schemaPath:"#/properties/blkio_config/properties/device_write_bps/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err7); errors++;
}
}
if(data2.device_write_iops !== undefined){
let data12 = data2.device_write_iops;
if(Array.isArray(data12)){
const len4 = data12.length;
for(let i4=0; i4<len4; i4++){
if(!(validate63(data12[i4], {instancePath:instancePath+"/blkio_config/device_write_iops/" + i4}))){
vErrors = vErrors === null ? validate63.errors : vErrors.concat(validate63.errors);
errors = vErrors.length;
}
}
}
else {
const err8 = {instancePath:instancePath+"/blkio_config/device_write_iops",schemaPath:"#/properties/blkio_config/properties/device_write_iops/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err8); errors++;
}
}
}
else {
const err9 = {instancePath:instancePath+"/blkio_config",schemaPath:"#/properties/blkio_config/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err9); errors++;
}
}
if(data.build !== undefined){
if(!(validate68(data.build, {instancePath:instancePath+"/build"}))){
vErrors = vErrors === null ? validate68.errors : vErrors.concat(validate68.errors);
errors = vErrors.length;
}
}
if(data.cap_add !== undefined){
let data15 = data.cap_add;
if(Array.isArray(data15)){
const len5 = data15.length;
for(let i5=0; i5<len5; i5++){
if(typeof data15[i5] !== "string"){
const err10 = {instancePath:instancePath+"/cap_add/" + i5,schemaPath:"#/properties/cap_add/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err10); errors++;
}
}
let i6 = data15.length;
let j0;
if(i6 > 1){
const indices0 = {};
for(;i6--;){
let item0 = data15[i6];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err11 = {instancePath:instancePath+"/cap_add",schemaPath:"#/properties/cap_add/uniqueItems",keyword:"uniqueItems",params:{i: i6, j: j0}};
(vErrors ??= []).push(err11); errors++;
break;
}
indices0[item0] = i6;
}
}
}
else {
const err12 = {instancePath:instancePath+"/cap_add",schemaPath:"#/properties/cap_add/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err12); errors++;
}
}
if(data.cap_drop !== undefined){
let data17 = data.cap_drop;
if(Array.isArray(data17)){
const len6 = data17.length;
for(let i7=0; i7<len6; i7++){
if(typeof data17[i7] !== "string"){
const err13 = {instancePath:instancePath+"/cap_drop/" + i7,schemaPath:"#/properties/cap_drop/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err13); errors++;
}
}
let i8 = data17.length;
let j1;
if(i8 > 1){
const indices1 = {};
for(;i8--;){
let item1 = data17[i8];
if(typeof item1 !== "string"){
continue;
}
if(typeof indices1[item1] == "number"){
j1 = indices1[item1];
const err14 = {instancePath:instancePath+"/cap_drop",schemaPath:"#/properties/cap_drop/uniqueItems",keyword:"uniqueItems",params:{i: i8, j: j1}};
(vErrors ??= []).push(err14); errors++;
break;
}
indices1[item1] = i8;
}
}
}
else {
const err15 = {instancePath:instancePath+"/cap_drop",schemaPath:"#/properties/cap_drop/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err15); errors++;
}
}
if(data.cgroup !== undefined){
let data19 = data.cgroup;
if(typeof data19 !== "string"){
const err16 = {instancePath:instancePath+"/cgroup",schemaPath:"#/properties/cgroup/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err16); errors++;
}
if(!((data19 === "host") || (data19 === "private"))){
const err17 = {instancePath:instancePath+"/cgroup",schemaPath:"#/properties/cgroup/enum",keyword:"enum",params:{allowedValues: ["host","private"]}};
(vErrors ??= []).push(err17); errors++;
}
}
if(data.cgroup_parent !== undefined){
if(typeof data.cgroup_parent !== "string"){
const err18 = {instancePath:instancePath+"/cgroup_parent",schemaPath:"#/properties/cgroup_parent/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err18); errors++;
}
}
if(data.command !== undefined){
if(!(validate81(data.command, {instancePath:instancePath+"/command"}))){
vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
errors = vErrors.length;
}
}
if(data.configs !== undefined){
if(!(validate75(data.configs, {instancePath:instancePath+"/configs"}))){
vErrors = vErrors === null ? validate75.errors : vErrors.concat(validate75.errors);
errors = vErrors.length;
}
}
if(data.container_name !== undefined){
let data23 = data.container_name;
if(typeof data23 === "string"){
if(!pattern19.test(data23)){
const err19 = {instancePath:instancePath+"/container_name",schemaPath:"#/properties/container_name/pattern",keyword:"pattern",params:{pattern: "[a-zA-Z0-9][a-zA-Z0-9_.-]+"}};
(vErrors ??= []).push(err19); errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/container_name",schemaPath:"#/properties/container_name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err20); errors++;
}
}
if(data.cpu_count !== undefined){
let data24 = data.cpu_count;
if((!((typeof data24 == "number") && (!(data24 % 1) && !isNaN(data24)))) && (typeof data24 !== "string")){
const err21 = {instancePath:instancePath+"/cpu_count",schemaPath:"#/properties/cpu_count/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err21); errors++;
}
if(typeof data24 == "number"){
if(data24 < 0 || isNaN(data24)){
const err22 = {instancePath:instancePath+"/cpu_count",schemaPath:"#/properties/cpu_count/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
(vErrors ??= []).push(err22); errors++;
}
}
}
if(data.cpu_percent !== undefined){
let data25 = data.cpu_percent;
if((!((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25)))) && (typeof data25 !== "string")){
const err23 = {instancePath:instancePath+"/cpu_percent",schemaPath:"#/properties/cpu_percent/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err23); errors++;
}
if(typeof data25 == "number"){
if(data25 > 100 || isNaN(data25)){
const err24 = {instancePath:instancePath+"/cpu_percent",schemaPath:"#/properties/cpu_percent/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100}};
(vErrors ??= []).push(err24); errors++;
}
if(data25 < 0 || isNaN(data25)){
const err25 = {instancePath:instancePath+"/cpu_percent",schemaPath:"#/properties/cpu_percent/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
(vErrors ??= []).push(err25); errors++;
}
}
}
if(data.cpu_period !== undefined){
let data26 = data.cpu_period;
if((!(typeof data26 == "number")) && (typeof data26 !== "string")){
const err26 = {instancePath:instancePath+"/cpu_period",schemaPath:"#/properties/cpu_period/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err26); errors++;
}
}
if(data.cpu_quota !== undefined){
let data27 = data.cpu_quota;
if((!(typeof data27 == "number")) && (typeof data27 !== "string")){
const err27 = {instancePath:instancePath+"/cpu_quota",schemaPath:"#/properties/cpu_quota/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err27); errors++;
}
}
if(data.cpu_rt_period !== undefined){
let data28 = data.cpu_rt_period;
if((!(typeof data28 == "number")) && (typeof data28 !== "string")){
const err28 = {instancePath:instancePath+"/cpu_rt_period",schemaPath:"#/properties/cpu_rt_period/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err28); errors++;
}
}
if(data.cpu_rt_runtime !== undefined){
let data29 = data.cpu_rt_runtime;
if((!(typeof data29 == "number")) && (typeof data29 !== "string")){
const err29 = {instancePath:instancePath+"/cpu_rt_runtime",schemaPath:"#/properties/cpu_rt_runtime/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err29); errors++;
}
}
if(data.cpu_shares !== undefined){
let data30 = data.cpu_shares;
if((!(typeof data30 == "number")) && (typeof data30 !== "string")){
const err30 = {instancePath:instancePath+"/cpu_shares",schemaPath:"#/properties/cpu_shares/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err30); errors++;
}
}
if(data.cpus !== undefined){
let data31 = data.cpus;
if((!(typeof data31 == "number")) && (typeof data31 !== "string")){
const err31 = {instancePath:instancePath+"/cpus",schemaPath:"#/properties/cpus/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err31); errors++;
}
}
if(data.cpuset !== undefined){
if(typeof data.cpuset !== "string"){
const err32 = {instancePath:instancePath+"/cpuset",schemaPath:"#/properties/cpuset/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err32); errors++;
}
}
if(data.credential_spec !== undefined){
let data33 = data.credential_spec;
if(data33 && typeof data33 == "object" && !Array.isArray(data33)){
for(const key2 in data33){
if(!((((key2 === "config") || (key2 === "file")) || (key2 === "registry")) || (pattern3.test(key2)))){
const err33 = {instancePath:instancePath+"/credential_spec",schemaPath:"#/properties/credential_spec/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2, known: ["config","file","registry"]}};
(vErrors ??= []).push(err33); errors++;
}
}
if(data33.config !== undefined){
if(typeof data33.config !== "string"){
const err34 = {instancePath:instancePath+"/credential_spec/config",schemaPath:"#/properties/credential_spec/properties/config/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err34); errors++;
}
}
if(data33.file !== undefined){
if(typeof data33.file !== "string"){
const err35 = {instancePath:instancePath+"/credential_spec/file",schemaPath:"#/properties/credential_spec/properties/file/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err35); errors++;
}
}
if(data33.registry !== undefined){
if(typeof data33.registry !== "string"){
const err36 = {instancePath:instancePath+"/credential_spec/registry",schemaPath:"#/properties/credential_spec/properties/registry/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err36); errors++;
}
}
}
else {
const err37 = {instancePath:instancePath+"/credential_spec",schemaPath:"#/properties/credential_spec/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err37); errors++;
}
}
if(data.depends_on !== undefined){
let data37 = data.depends_on;
if(!data37 || typeof data37 != "object"){
const err38 = {instancePath:instancePath+"/depends_on",schemaPath:"#/properties/depends_on/type",keyword:"type",params:{type: ["array","object"]}};
(vErrors ??= []).push(err38); errors++;
}
if(Array.isArray(data37)){
const len7 = data37.length;
for(let i9=0; i9<len7; i9++){
if(typeof data37[i9] !== "string"){
const err39 = {instancePath:instancePath+"/depends_on/" + i9,schemaPath:"#/properties/depends_on/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err39); errors++;
}
}
let i10 = data37.length;
let j2;
if(i10 > 1){
const indices2 = {};
for(;i10--;){
let item2 = data37[i10];
if(typeof item2 !== "string"){
continue;
}
if(typeof indices2[item2] == "number"){
j2 = indices2[item2];
const err40 = {instancePath:instancePath+"/depends_on",schemaPath:"#/properties/depends_on/uniqueItems",keyword:"uniqueItems",params:{i: i10, j: j2}};
(vErrors ??= []).push(err40); errors++;
break;
}
indices2[item2] = i10;
}
}
}
if(data37 && typeof data37 == "object" && !Array.isArray(data37)){
for(const key3 in data37){
if(!(pattern5.test(key3))){
const err41 = {instancePath:instancePath+"/depends_on",schemaPath:"#/properties/depends_on/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3, known: []}};
(vErrors ??= []).push(err41); errors++;
}
}
for(const key4 in data37){
if(pattern5.test(key4)){
let data39 = data37[key4];
if(data39 && typeof data39 == "object" && !Array.isArray(data39)){
if(data39.condition === undefined){
const err42 = {instancePath:instancePath+"/depends_on/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/depends_on/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/required",keyword:"required",params:{missingProperty: "condition"}};
(vErrors ??= []).push(err42); errors++;
}
for(const key5 in data39){
if(!((((key5 === "condition") || (key5 === "required")) || (key5 === "restart")) || (pattern3.test(key5)))){
const err43 = {instancePath:instancePath+"/depends_on/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/depends_on/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5, known: ["condition","required","restart"]}};
(vErrors ??= []).push(err43); errors++;
}
}
if(data39.condition !== undefined){
let data40 = data39.condition;
if(typeof data40 !== "string"){
const err44 = {instancePath:instancePath+"/depends_on/" + key4.replace(/~/g, "~0").replace(/\//g, "~1")+"/condition",schemaPath:"#/properties/depends_on/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/condition/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err44); errors++;
}
if(!(((data40 === "service_started") || (data40 === "service_healthy")) || (data40 === "service_completed_successfully"))){
const err45 = {instancePath:instancePath+"/depends_on/" + key4.replace(/~/g, "~0").replace(/\//g, "~1")+"/condition",schemaPath:"#/properties/depends_on/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/condition/enum",keyword:"enum",params:{allowedValues: ["service_started","service_healthy","service_completed_successfully"]}};
(vErrors ??= []).push(err45); errors++;
}
}
if(data39.required !== undefined){
if(typeof data39.required !== "boolean"){
const err46 = {instancePath:instancePath+"/depends_on/" + key4.replace(/~/g, "~0").replace(/\//g, "~1")+"/required",schemaPath:"#/properties/depends_on/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/required/type",keyword:"type",params:{type: "boolean"}};
(vErrors ??= []).push(err46); errors++;
}
}
if(data39.restart !== undefined){
let data42 = data39.restart;
if((typeof data42 !== "boolean") && (typeof data42 !== "string")){
const err47 = {instancePath:instancePath+"/depends_on/" + key4.replace(/~/g, "~0").replace(/\//g, "~1")+"/restart",schemaPath:"#/properties/depends_on/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/restart/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err47); errors++;
}
}
}
else {
const err48 = {instancePath:instancePath+"/depends_on/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/depends_on/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err48); errors++;
}
}
}
}
}
if(data.deploy !== undefined){
if(!(validate84(data.deploy, {instancePath:instancePath+"/deploy"}))){
vErrors = vErrors === null ? validate84.errors : vErrors.concat(validate84.errors);
errors = vErrors.length;
}
}
if(data.develop !== undefined){
if(!(validate93(data.develop, {instancePath:instancePath+"/develop"}))){
vErrors = vErrors === null ? validate93.errors : vErrors.concat(validate93.errors);
errors = vErrors.length;
}
}
if(data.device_cgroup_rules !== undefined){
let data45 = data.device_cgroup_rules;
if(Array.isArray(data45)){
const len8 = data45.length;
for(let i11=0; i11<len8; i11++){
if(typeof data45[i11] !== "string"){
const err49 = {instancePath:instancePath+"/device_cgroup_rules/" + i11,schemaPath:"#/properties/device_cgroup_rules/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err49); errors++;
}
}
let i12 = data45.length;
let j3;
if(i12 > 1){
const indices3 = {};
for(;i12--;){
let item3 = data45[i12];
if(typeof item3 !== "string"){
continue;
}
if(typeof indices3[item3] == "number"){
j3 = indices3[item3];
const err50 = {instancePath:instancePath+"/device_cgroup_rules",schemaPath:"#/properties/device_cgroup_rules/uniqueItems",keyword:"uniqueItems",params:{i: i12, j: j3}};
(vErrors ??= []).push(err50); errors++;
break;
}
indices3[item3] = i12;
}
}
}
else {
const err51 = {instancePath:instancePath+"/device_cgroup_rules",schemaPath:"#/properties/device_cgroup_rules/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err51); errors++;
}
}
if(data.devices !== undefined){
let data47 = data.devices;
if(Array.isArray(data47)){
const len9 = data47.length;
for(let i13=0; i13<len9; i13++){
let data48 = data47[i13];
if((typeof data48 !== "string") && (!(data48 && typeof data48 == "object" && !Array.isArray(data48)))){
const err52 = {instancePath:instancePath+"/devices/" + i13,schemaPath:"#/properties/devices/items/type",keyword:"type",params:{type: ["string","object"]}};
(vErrors ??= []).push(err52); errors++;
}
if(data48 && typeof data48 == "object" && !Array.isArray(data48)){
if(data48.source === undefined){
const err53 = {instancePath:instancePath+"/devices/" + i13,schemaPath:"#/properties/devices/items/required",keyword:"required",params:{missingProperty: "source"}};
(vErrors ??= []).push(err53); errors++;
}
if(data48.target === undefined){
const err54 = {instancePath:instancePath+"/devices/" + i13,schemaPath:"#/properties/devices/items/required",keyword:"required",params:{missingProperty: "target"}};
(vErrors ??= []).push(err54); errors++;
}
for(const key6 in data48){
if(!((((key6 === "source") || (key6 === "target")) || (key6 === "permissions")) || (pattern3.test(key6)))){
const err55 = {instancePath:instancePath+"/devices/" + i13,schemaPath:"#/properties/devices/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6, known: ["source","target","permissions"]}};
(vErrors ??= []).push(err55); errors++;
}
}
if(data48.source !== undefined){
if(typeof data48.source !== "string"){
const err56 = {instancePath:instancePath+"/devices/" + i13+"/source",schemaPath:"#/properties/devices/items/properties/source/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err56); errors++;
}
}
if(data48.target !== undefined){
if(typeof data48.target !== "string"){
const err57 = {instancePath:instancePath+"/devices/" + i13+"/target",schemaPath:"#/properties/devices/items/properties/target/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err57); errors++;
}
}
if(data48.permissions !== undefined){
if(typeof data48.permissions !== "string"){
const err58 = {instancePath:instancePath+"/devices/" + i13+"/permissions",schemaPath:"#/properties/devices/items/properties/permissions/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err58); errors++;
}
}
}
}
}
else {
const err59 = {instancePath:instancePath+"/devices",schemaPath:"#/properties/devices/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err59); errors++;
}
}
if(data.dns !== undefined){
if(!(validate54(data.dns, {instancePath:instancePath+"/dns"}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.dns_opt !== undefined){
let data53 = data.dns_opt;
if(Array.isArray(data53)){
const len10 = data53.length;
for(let i14=0; i14<len10; i14++){
if(typeof data53[i14] !== "string"){
const err60 = {instancePath:instancePath+"/dns_opt/" + i14,schemaPath:"#/properties/dns_opt/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err60); errors++;
}
}
let i15 = data53.length;
let j4;
if(i15 > 1){
const indices4 = {};
for(;i15--;){
let item4 = data53[i15];
if(typeof item4 !== "string"){
continue;
}
if(typeof indices4[item4] == "number"){
j4 = indices4[item4];
const err61 = {instancePath:instancePath+"/dns_opt",schemaPath:"#/properties/dns_opt/uniqueItems",keyword:"uniqueItems",params:{i: i15, j: j4}};
(vErrors ??= []).push(err61); errors++;
break;
}
indices4[item4] = i15;
}
}
}
else {
const err62 = {instancePath:instancePath+"/dns_opt",schemaPath:"#/properties/dns_opt/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err62); errors++;
}
}
if(data.dns_search !== undefined){
if(!(validate54(data.dns_search, {instancePath:instancePath+"/dns_search"}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.domainname !== undefined){
if(typeof data.domainname !== "string"){
const err63 = {instancePath:instancePath+"/domainname",schemaPath:"#/properties/domainname/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err63); errors++;
}
}
if(data.entrypoint !== undefined){
if(!(validate81(data.entrypoint, {instancePath:instancePath+"/entrypoint"}))){
vErrors = vErrors === null ? validate81.errors : vErrors.concat(validate81.errors);
errors = vErrors.length;
}
}
if(data.env_file !== undefined){
let data58 = data.env_file;
if((typeof data58 !== "string") && (!(Array.isArray(data58)))){
const err64 = {instancePath:instancePath+"/env_file",schemaPath:"#/properties/env_file/type",keyword:"type",params:{type: ["string","array"]}};
(vErrors ??= []).push(err64); errors++;
}
if(Array.isArray(data58)){
const len11 = data58.length;
for(let i16=0; i16<len11; i16++){
let data59 = data58[i16];
if((typeof data59 !== "string") && (!(data59 && typeof data59 == "object" && !Array.isArray(data59)))){
const err65 = {instancePath:instancePath+"/env_file/" + i16,schemaPath:"#/properties/env_file/items/type",keyword:"type",params:{type: ["string","object"]}};
(vErrors ??= []).push(err65); errors++;
}
if(data59 && typeof data59 == "object" && !Array.isArray(data59)){
if(data59.path === undefined){
const err66 = {instancePath:instancePath+"/env_file/" + i16,schemaPath:"#/properties/env_file/items/required",keyword:"required",params:{missingProperty: "path"}};
(vErrors ??= []).push(err66); errors++;
}
for(const key7 in data59){
if(!((((key7 === "path") || (key7 === "format")) || (key7 === "required")) || (pattern3.test(key7)))){
const err67 = {instancePath:instancePath+"/env_file/" + i16,schemaPath:"#/properties/env_file/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7, known: ["path","format","required"]}};
(vErrors ??= []).push(err67); errors++;
}
}
if(data59.path !== undefined){
if(typeof data59.path !== "string"){
const err68 = {instancePath:instancePath+"/env_file/" + i16+"/path",schemaPath:"#/properties/env_file/items/properties/path/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err68); errors++;
}
}
if(data59.format !== undefined){
if(typeof data59.format !== "string"){
const err69 = {instancePath:instancePath+"/env_file/" + i16+"/format",schemaPath:"#/properties/env_file/items/properties/format/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err69); errors++;
}
}
if(data59.required !== undefined){
let data62 = data59.required;
if((typeof data62 !== "boolean") && (typeof data62 !== "string")){
const err70 = {instancePath:instancePath+"/env_file/" + i16+"/required",schemaPath:"#/properties/env_file/items/properties/required/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err70); errors++;
}
}
}
}
}
}
if(data.environment !== undefined){
if(!(validate59(data.environment, {instancePath:instancePath+"/environment"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.expose !== undefined){
let data64 = data.expose;
if(Array.isArray(data64)){
const len12 = data64.length;
for(let i17=0; i17<len12; i17++){
let data65 = data64[i17];
if((typeof data65 !== "string") && (!((typeof data65 == "number") && (!(data65 % 1) && !isNaN(data65))))){
const err71 = {instancePath:instancePath+"/expose/" + i17,schemaPath:"#/properties/expose/items/type",keyword:"type",params:{type: ["string","integer"]}};
(vErrors ??= []).push(err71); errors++;
}
}
let i18 = data64.length;
let j5;
if(i18 > 1){
const indices5 = {};
for(;i18--;){
let item5 = data64[i18];
if((typeof item5 !== "string") && (!((typeof item5 == "number") && (!(item5 % 1) && !isNaN(item5))))){
continue;
}
if(typeof item5 == "string"){
item5 += "_";
}
if(typeof indices5[item5] == "number"){
j5 = indices5[item5];
const err72 = {instancePath:instancePath+"/expose",schemaPath:"#/properties/expose/uniqueItems",keyword:"uniqueItems",params:{i: i18, j: j5}};
(vErrors ??= []).push(err72); errors++;
break;
}
indices5[item5] = i18;
}
}
}
else {
const err73 = {instancePath:instancePath+"/expose",schemaPath:"#/properties/expose/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err73); errors++;
}
}
if(data.extends !== undefined){
let data66 = data.extends;
if((typeof data66 !== "string") && (!(data66 && typeof data66 == "object" && !Array.isArray(data66)))){
const err74 = {instancePath:instancePath+"/extends",schemaPath:"#/properties/extends/type",keyword:"type",params:{type: ["string","object"]}};
(vErrors ??= []).push(err74); errors++;
}
if(data66 && typeof data66 == "object" && !Array.isArray(data66)){
if(data66.service === undefined){
const err75 = {instancePath:instancePath+"/extends",schemaPath:"#/properties/extends/required",keyword:"required",params:{missingProperty: "service"}};
(vErrors ??= []).push(err75); errors++;
}
for(const key8 in data66){
if(!(((key8 === "service") || (key8 === "file")) || (pattern3.test(key8)))){
const err76 = {instancePath:instancePath+"/extends",schemaPath:"#/properties/extends/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8, known: ["service","file"]}};
(vErrors ??= []).push(err76); errors++;
}
}
if(data66.service !== undefined){
if(typeof data66.service !== "string"){
const err77 = {instancePath:instancePath+"/extends/service",schemaPath:"#/properties/extends/properties/service/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err77); errors++;
}
}
if(data66.file !== undefined){
if(typeof data66.file !== "string"){
const err78 = {instancePath:instancePath+"/extends/file",schemaPath:"#/properties/extends/properties/file/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err78); errors++;
}
}
}
}
if(data.external_links !== undefined){
let data69 = data.external_links;
if(Array.isArray(data69)){
const len13 = data69.length;
for(let i19=0; i19<len13; i19++){
if(typeof data69[i19] !== "string"){
const err79 = {instancePath:instancePath+"/external_links/" + i19,schemaPath:"#/properties/external_links/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err79); errors++;
}
}
let i20 = data69.length;
let j6;
if(i20 > 1){
const indices6 = {};
for(;i20--;){
let item6 = data69[i20];
if(typeof item6 !== "string"){
continue;
}
if(typeof indices6[item6] == "number"){
j6 = indices6[item6];
const err80 = {instancePath:instancePath+"/external_links",schemaPath:"#/properties/external_links/uniqueItems",keyword:"uniqueItems",params:{i: i20, j: j6}};
(vErrors ??= []).push(err80); errors++;
break;
}
indices6[item6] = i20;
}
}
}
else {
const err81 = {instancePath:instancePath+"/external_links",schemaPath:"#/properties/external_links/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err81); errors++;
}
}
if(data.extra_hosts !== undefined){
if(!(validate71(data.extra_hosts, {instancePath:instancePath+"/extra_hosts"}))){
vErrors = vErrors === null ? validate71.errors : vErrors.concat(validate71.errors);
errors = vErrors.length;
}
}
if(data.gpus !== undefined){
let data72 = data.gpus;
if((typeof data72 !== "string") && (!(Array.isArray(data72)))){
const err82 = {instancePath:instancePath+"/gpus",schemaPath:"#/properties/gpus/type",keyword:"type",params:{type: ["string","array"]}};
(vErrors ??= []).push(err82); errors++;
}
if(typeof data72 === "string"){
if(!pattern42.test(data72)){
const err83 = {instancePath:instancePath+"/gpus",schemaPath:"#/properties/gpus/pattern",keyword:"pattern",params:{pattern: "^all$"}};
(vErrors ??= []).push(err83); errors++;
}
}
if(Array.isArray(data72)){
const len14 = data72.length;
for(let i21=0; i21<len14; i21++){
if(!(validate104(data72[i21], {instancePath:instancePath+"/gpus/" + i21}))){
vErrors = vErrors === null ? validate104.errors : vErrors.concat(validate104.errors);
errors = vErrors.length;
}
}
}
}
if(data.group_add !== undefined){
let data74 = data.group_add;
if(Array.isArray(data74)){
const len15 = data74.length;
for(let i22=0; i22<len15; i22++){
let data75 = data74[i22];
if((typeof data75 !== "string") && (!((typeof data75 == "number") && (!(data75 % 1) && !isNaN(data75))))){
const err84 = {instancePath:instancePath+"/group_add/" + i22,schemaPath:"#/properties/group_add/items/type",keyword:"type",params:{type: ["string","integer"]}};
(vErrors ??= []).push(err84); errors++;
}
}
let i23 = data74.length;
let j7;
if(i23 > 1){
const indices7 = {};
for(;i23--;){
let item7 = data74[i23];
if((typeof item7 !== "string") && (!((typeof item7 == "number") && (!(item7 % 1) && !isNaN(item7))))){
continue;
}
if(typeof item7 == "string"){
item7 += "_";
}
if(typeof indices7[item7] == "number"){
j7 = indices7[item7];
const err85 = {instancePath:instancePath+"/group_add",schemaPath:"#/properties/group_add/uniqueItems",keyword:"uniqueItems",params:{i: i23, j: j7}};
(vErrors ??= []).push(err85); errors++;
break;
}
indices7[item7] = i23;
}
}
}
else {
const err86 = {instancePath:instancePath+"/group_add",schemaPath:"#/properties/group_add/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err86); errors++;
}
}
if(data.healthcheck !== undefined){
if(!(validate109(data.healthcheck, {instancePath:instancePath+"/healthcheck"}))){
vErrors = vErrors === null ? validate109.errors : vErrors.concat(validate109.errors);
errors = vErrors.length;
}
}
if(data.hostname !== undefined){
if(typeof data.hostname !== "string"){
const err87 = {instancePath:instancePath+"/hostname",schemaPath:"#/properties/hostname/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err87); errors++;
}
}
if(data.image !== undefined){
if(typeof data.image !== "string"){
const err88 = {instancePath:instancePath+"/image",schemaPath:"#/properties/image/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err88); errors++;
}
}
if(data.init !== undefined){
let data79 = data.init;
if((typeof data79 !== "boolean") && (typeof data79 !== "string")){
const err89 = {instancePath:instancePath+"/init",schemaPath:"#/properties/init/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err89); errors++;
}
}
if(data.ipc !== undefined){
if(typeof data.ipc !== "string"){
const err90 = {instancePath:instancePath+"/ipc",schemaPath:"#/properties/ipc/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err90); errors++;
}
}
if(data.isolation !== undefined){
if(typeof data.isolation !== "string"){
const err91 = {instancePath:instancePath+"/isolation",schemaPath:"#/properties/isolation/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err91); errors++;
}
}
if(data.label_file !== undefined){
let data82 = data.label_file;
if((typeof data82 !== "string") && (!(Array.isArray(data82)))){
const err92 = {instancePath:instancePath+"/label_file",schemaPath:"#/properties/label_file/type",keyword:"type",params:{type: ["string","array"]}};
(vErrors ??= []).push(err92); errors++;
}
if(Array.isArray(data82)){
const len16 = data82.length;
for(let i24=0; i24<len16; i24++){
if(typeof data82[i24] !== "string"){
const err93 = {instancePath:instancePath+"/label_file/" + i24,schemaPath:"#/properties/label_file/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err93); errors++;
}
}
}
}
if(data.labels !== undefined){
if(!(validate59(data.labels, {instancePath:instancePath+"/labels"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.links !== undefined){
let data85 = data.links;
if(Array.isArray(data85)){
const len17 = data85.length;
for(let i25=0; i25<len17; i25++){
if(typeof data85[i25] !== "string"){
const err94 = {instancePath:instancePath+"/links/" + i25,schemaPath:"#/properties/links/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err94); errors++;
}
}
let i26 = data85.length;
let j8;
if(i26 > 1){
const indices8 = {};
for(;i26--;){
let item8 = data85[i26];
if(typeof item8 !== "string"){
continue;
}
if(typeof indices8[item8] == "number"){
j8 = indices8[item8];
const err95 = {instancePath:instancePath+"/links",schemaPath:"#/properties/links/uniqueItems",keyword:"uniqueItems",params:{i: i26, j: j8}};
(vErrors ??= []).push(err95); errors++;
break;
}
indices8[item8] = i26;
}
}
}
else {
const err96 = {instancePath:instancePath+"/links",schemaPath:"#/properties/links/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err96); errors++;
}
}
if(data.logging !== undefined){
let data87 = data.logging;
if(data87 && typeof data87 == "object" && !Array.isArray(data87)){
for(const key9 in data87){
if(!(((key9 === "driver") || (key9 === "options")) || (pattern3.test(key9)))){
const err97 = {instancePath:instancePath+"/logging",schemaPath:"#/properties/logging/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9, known: ["driver","options"]}};
(vErrors ??= []).push(err97); errors++;
}
}
if(data87.driver !== undefined){
if(typeof data87.driver !== "string"){
const err98 = {instancePath:instancePath+"/logging/driver",schemaPath:"#/properties/logging/properties/driver/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err98); errors++;
}
}
if(data87.options !== undefined){
let data89 = data87.options;
if(data89 && typeof data89 == "object" && !Array.isArray(data89)){
for(const key10 in data89){
if(pattern45.test(key10)){
let data90 = data89[key10];
if(((typeof data90 !== "string") && (!(typeof data90 == "number"))) && (data90 !== null)){
const err99 = {instancePath:instancePath+"/logging/options/" + key10.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/logging/properties/options/patternProperties/%5E.%2B%24/type",keyword:"type",params:{type: ["string","number","null"]}};
(vErrors ??= []).push(err99); errors++;
}
}
}
}
else {
const err100 = {instancePath:instancePath+"/logging/options",schemaPath:"#/properties/logging/properties/options/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err100); errors++;
}
}
}
else {
const err101 = {instancePath:instancePath+"/logging",schemaPath:"#/properties/logging/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err101); errors++;
}
}
if(data.mac_address !== undefined){
if(typeof data.mac_address !== "string"){
const err102 = {instancePath:instancePath+"/mac_address",schemaPath:"#/properties/mac_address/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err102); errors++;
}
}
if(data.mem_limit !== undefined){
let data92 = data.mem_limit;
if((!(typeof data92 == "number")) && (typeof data92 !== "string")){
const err103 = {instancePath:instancePath+"/mem_limit",schemaPath:"#/properties/mem_limit/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err103); errors++;
}
}
if(data.mem_reservation !== undefined){
let data93 = data.mem_reservation;
if((!((typeof data93 == "number") && (!(data93 % 1) && !isNaN(data93)))) && (typeof data93 !== "string")){
const err104 = {instancePath:instancePath+"/mem_reservation",schemaPath:"#/properties/mem_reservation/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err104); errors++;
}
}
if(data.mem_swappiness !== undefined){
let data94 = data.mem_swappiness;
if((!((typeof data94 == "number") && (!(data94 % 1) && !isNaN(data94)))) && (typeof data94 !== "string")){
const err105 = {instancePath:instancePath+"/mem_swappiness",schemaPath:"#/properties/mem_swappiness/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err105); errors++;
}
}
if(data.memswap_limit !== undefined){
let data95 = data.memswap_limit;
if((!(typeof data95 == "number")) && (typeof data95 !== "string")){
const err106 = {instancePath:instancePath+"/memswap_limit",schemaPath:"#/properties/memswap_limit/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err106); errors++;
}
}
if(data.models !== undefined){
let data96 = data.models;
if(!data96 || typeof data96 != "object"){
const err107 = {instancePath:instancePath+"/models",schemaPath:"#/properties/models/type",keyword:"type",params:{type: ["array","object"]}};
(vErrors ??= []).push(err107); errors++;
}
if(Array.isArray(data96)){
const len18 = data96.length;
for(let i27=0; i27<len18; i27++){
if(typeof data96[i27] !== "string"){
const err108 = {instancePath:instancePath+"/models/" + i27,schemaPath:"#/properties/models/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err108); errors++;
}
}
let i28 = data96.length;
let j9;
if(i28 > 1){
const indices9 = {};
for(;i28--;){
let item9 = data96[i28];
if(typeof item9 !== "string"){
continue;
}
if(typeof indices9[item9] == "number"){
j9 = indices9[item9];
const err109 = {instancePath:instancePath+"/models",schemaPath:"#/properties/models/uniqueItems",keyword:"uniqueItems",params:{i: i28, j: j9}};
(vErrors ??= []).push(err109); errors++;
break;
}
indices9[item9] = i28;
}
}
}
if(data96 && typeof data96 == "object" && !Array.isArray(data96)){
for(const key11 in data96){
if(!(pattern5.test(key11))){
const err110 = {instancePath:instancePath+"/models",schemaPath:"#/properties/models/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key11, known: []}};
(vErrors ??= []).push(err110); errors++;
}
}
for(const key12 in data96){
if(pattern5.test(key12)){
let data98 = data96[key12];
if((!(data98 && typeof data98 == "object" && !Array.isArray(data98))) && (data98 !== null)){
const err111 = {instancePath:instancePath+"/models/" + key12.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/models/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/type",keyword:"type",params:{type: ["object","null"]}};
(vErrors ??= []).push(err111); errors++;
}
if(data98 && typeof data98 == "object" && !Array.isArray(data98)){
for(const key13 in data98){
if(!(((key13 === "endpoint_var") || (key13 === "model_var")) || (pattern3.test(key13)))){
const err112 = {instancePath:instancePath+"/models/" + key12.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/models/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key13, known: ["endpoint_var","model_var"]}};
(vErrors ??= []).push(err112); errors++;
}
}
if(data98.endpoint_var !== undefined){
if(typeof data98.endpoint_var !== "string"){
const err113 = {instancePath:instancePath+"/models/" + key12.replace(/~/g, "~0").replace(/\//g, "~1")+"/endpoint_var",schemaPath:"#/properties/models/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/endpoint_var/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err113); errors++;
}
}
if(data98.model_var !== undefined){
if(typeof data98.model_var !== "string"){
const err114 = {instancePath:instancePath+"/models/" + key12.replace(/~/g, "~0").replace(/\//g, "~1")+"/model_var",schemaPath:"#/properties/models/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/model_var/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err114); errors++;
}
}
}
}
}
}
}
if(data.network_mode !== undefined){
if(typeof data.network_mode !== "string"){
const err115 = {instancePath:instancePath+"/network_mode",schemaPath:"#/properties/network_mode/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err115); errors++;
}
}
if(data.networks !== undefined){
let data102 = data.networks;
if(!data102 || typeof data102 != "object"){
const err116 = {instancePath:instancePath+"/networks",schemaPath:"#/properties/networks/type",keyword:"type",params:{type: ["array","object"]}};
(vErrors ??= []).push(err116); errors++;
}
if(Array.isArray(data102)){
const len19 = data102.length;
for(let i29=0; i29<len19; i29++){
if(typeof data102[i29] !== "string"){
const err117 = {instancePath:instancePath+"/networks/" + i29,schemaPath:"#/properties/networks/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err117); errors++;
}
}
let i30 = data102.length;
let j10;
if(i30 > 1){
const indices10 = {};
for(;i30--;){
let item10 = data102[i30];
if(typeof item10 !== "string"){
continue;
}
if(typeof indices10[item10] == "number"){
j10 = indices10[item10];
const err118 = {instancePath:instancePath+"/networks",schemaPath:"#/properties/networks/uniqueItems",keyword:"uniqueItems",params:{i: i30, j: j10}};
(vErrors ??= []).push(err118); errors++;
break;
}
indices10[item10] = i30;
}
}
}
if(data102 && typeof data102 == "object" && !Array.isArray(data102)){
for(const key14 in data102){
if(!(pattern5.test(key14))){
const err119 = {instancePath:instancePath+"/networks",schemaPath:"#/properties/networks/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key14, known: []}};
(vErrors ??= []).push(err119); errors++;
}
}
for(const key15 in data102){
if(pattern5.test(key15)){
let data104 = data102[key15];
if((!(data104 && typeof data104 == "object" && !Array.isArray(data104))) && (data104 !== null)){
const err120 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/type",keyword:"type",params:{type: ["object","null"]}};
(vErrors ??= []).push(err120); errors++;
}
if(data104 && typeof data104 == "object" && !Array.isArray(data104)){
for(const key16 in data104){
if(!((func1.call(keys3, key16)) || (pattern3.test(key16)))){
const err121 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key16, known: Object.keys(keys3)}};
(vErrors ??= []).push(err121); errors++;
}
}
if(data104.aliases !== undefined){
let data105 = data104.aliases;
if(Array.isArray(data105)){
const len20 = data105.length;
for(let i31=0; i31<len20; i31++){
if(typeof data105[i31] !== "string"){
const err122 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/aliases/" + i31,schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/aliases/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err122); errors++;
}
}
let i32 = data105.length;
let j11;
if(i32 > 1){
const indices11 = {};
for(;i32--;){
let item11 = data105[i32];
if(typeof item11 !== "string"){
continue;
}
if(typeof indices11[item11] == "number"){
j11 = indices11[item11];
const err123 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/aliases",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/aliases/uniqueItems",keyword:"uniqueItems",params:{i: i32, j: j11}};
(vErrors ??= []).push(err123); errors++;
break;
}
indices11[item11] = i32;
}
}
}
else {
const err124 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/aliases",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/aliases/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err124); errors++;
}
}
if(data104.driver_opts !== undefined){
let data107 = data104.driver_opts;
if(data107 && typeof data107 == "object" && !Array.isArray(data107)){
var props1 = {};
for(const key17 in data107){
if(pattern45.test(key17)){
let data108 = data107[key17];
if((typeof data108 !== "string") && (!(typeof data108 == "number"))){
const err125 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/driver_opts/" + key17.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/driver_opts/patternProperties/%5E.%2B%24/type",keyword:"type",params:{type: ["string","number"]}};
(vErrors ??= []).push(err125); errors++;
}
props1[key17] = true;
}
}
}
else {
const err126 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/driver_opts",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/driver_opts/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err126); errors++;
}
}
if(data104.gw_priority !== undefined){
if(!(typeof data104.gw_priority == "number")){
const err127 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/gw_priority",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/gw_priority/type",keyword:"type",params:{type: "number"}};
(vErrors ??= []).push(err127); errors++;
}
}
if(data104.interface_name !== undefined){
if(typeof data104.interface_name !== "string"){
const err128 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/interface_name",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/interface_name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err128); errors++;
}
}
if(data104.ipv4_address !== undefined){
if(typeof data104.ipv4_address !== "string"){
const err129 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/ipv4_address",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/ipv4_address/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err129); errors++;
}
}
if(data104.ipv6_address !== undefined){
if(typeof data104.ipv6_address !== "string"){
const err130 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/ipv6_address",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/ipv6_address/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err130); errors++;
}
}
if(data104.link_local_ips !== undefined){
let data113 = data104.link_local_ips;
if(Array.isArray(data113)){
const len21 = data113.length;
for(let i33=0; i33<len21; i33++){
if(typeof data113[i33] !== "string"){
const err131 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/link_local_ips/" + i33,schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/link_local_ips/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err131); errors++;
}
}
let i34 = data113.length;
let j12;
if(i34 > 1){
const indices12 = {};
for(;i34--;){
let item12 = data113[i34];
if(typeof item12 !== "string"){
continue;
}
if(typeof indices12[item12] == "number"){
j12 = indices12[item12];
const err132 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/link_local_ips",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/link_local_ips/uniqueItems",keyword:"uniqueItems",params:{i: i34, j: j12}};
(vErrors ??= []).push(err132); errors++;
break;
}
indices12[item12] = i34;
}
}
}
else {
const err133 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/link_local_ips",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/link_local_ips/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err133); errors++;
}
}
if(data104.mac_address !== undefined){
if(typeof data104.mac_address !== "string"){
const err134 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/mac_address",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/mac_address/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err134); errors++;
}
}
if(data104.priority !== undefined){
if(!(typeof data104.priority == "number")){
const err135 = {instancePath:instancePath+"/networks/" + key15.replace(/~/g, "~0").replace(/\//g, "~1")+"/priority",schemaPath:"#/properties/networks/patternProperties/%5E%5Ba-zA-Z0-9._-%5D%2B%24/properties/priority/type",keyword:"type",params:{type: "number"}};
(vErrors ??= []).push(err135); errors++;
}
}
}
}
}
}
}
if(data.oom_kill_disable !== undefined){
let data117 = data.oom_kill_disable;
if((typeof data117 !== "boolean") && (typeof data117 !== "string")){
const err136 = {instancePath:instancePath+"/oom_kill_disable",schemaPath:"#/properties/oom_kill_disable/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err136); errors++;
}
}
if(data.oom_score_adj !== undefined){
let data118 = data.oom_score_adj;
if((!((typeof data118 == "number") && (!(data118 % 1) && !isNaN(data118)))) && (typeof data118 !== "string")){
const err137 = {instancePath:instancePath+"/oom_score_adj",schemaPath:"#/properties/oom_score_adj/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err137); errors++;
}
if(typeof data118 == "number"){
if(data118 > 1000 || isNaN(data118)){
const err138 = {instancePath:instancePath+"/oom_score_adj",schemaPath:"#/properties/oom_score_adj/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000}};
(vErrors ??= []).push(err138); errors++;
}
if(data118 < -1000 || isNaN(data118)){
const err139 = {instancePath:instancePath+"/oom_score_adj",schemaPath:"#/properties/oom_score_adj/minimum",keyword:"minimum",params:{comparison: ">=", limit: -1000}};
(vErrors ??= []).push(err139); errors++;
}
}
}
if(data.pid !== undefined){
let data119 = data.pid;
if((typeof data119 !== "string") && (data119 !== null)){
const err140 = {instancePath:instancePath+"/pid",schemaPath:"#/properties/pid/type",keyword:"type",params:{type: ["string","null"]}};
(vErrors ??= []).push(err140); errors++;
}
}
if(data.pids_limit !== undefined){
let data120 = data.pids_limit;
if((!(typeof data120 == "number")) && (typeof data120 !== "string")){
const err141 = {instancePath:instancePath+"/pids_limit",schemaPath:"#/properties/pids_limit/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err141); errors++;
}
}
if(data.platform !== undefined){
if(typeof data.platform !== "string"){
const err142 = {instancePath:instancePath+"/platform",schemaPath:"#/properties/platform/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err142); errors++;
}
}
if(data.ports !== undefined){
let data122 = data.ports;
if(Array.isArray(data122)){
const len22 = data122.length;
for(let i35=0; i35<len22; i35++){
let data123 = data122[i35];
if(((!(typeof data123 == "number")) && (typeof data123 !== "string")) && (!(data123 && typeof data123 == "object" && !Array.isArray(data123)))){
const err143 = {instancePath:instancePath+"/ports/" + i35,schemaPath:"#/properties/ports/items/type",keyword:"type",params:{type: ["number","string","object"]}};
(vErrors ??= []).push(err143); errors++;
}
if(data123 && typeof data123 == "object" && !Array.isArray(data123)){
if(data123.target === undefined){
const err144 = {instancePath:instancePath+"/ports/" + i35,schemaPath:"#/properties/ports/items/required",keyword:"required",params:{missingProperty: "target"}};
(vErrors ??= []).push(err144); errors++;
}
for(const key18 in data123){
if(!((((((((key18 === "name") || (key18 === "mode")) || (key18 === "host_ip")) || (key18 === "target")) || (key18 === "published")) || (key18 === "protocol")) || (key18 === "app_protocol")) || (pattern3.test(key18)))){
const err145 = {instancePath:instancePath+"/ports/" + i35,schemaPath:"#/properties/ports/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key18, known: ["name","mode","host_ip","target","published","protocol","app_protocol"]}};
(vErrors ??= []).push(err145); errors++;
}
}
if(data123.name !== undefined){
if(typeof data123.name !== "string"){
const err146 = {instancePath:instancePath+"/ports/" + i35+"/name",schemaPath:"#/properties/ports/items/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err146); errors++;
}
}
if(data123.mode !== undefined){
if(typeof data123.mode !== "string"){
const err147 = {instancePath:instancePath+"/ports/" + i35+"/mode",schemaPath:"#/properties/ports/items/properties/mode/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err147); errors++;
}
}
if(data123.host_ip !== undefined){
if(typeof data123.host_ip !== "string"){
const err148 = {instancePath:instancePath+"/ports/" + i35+"/host_ip",schemaPath:"#/properties/ports/items/properties/host_ip/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err148); errors++;
}
}
if(data123.target !== undefined){
let data127 = data123.target;
if((!((typeof data127 == "number") && (!(data127 % 1) && !isNaN(data127)))) && (typeof data127 !== "string")){
const err149 = {instancePath:instancePath+"/ports/" + i35+"/target",schemaPath:"#/properties/ports/items/properties/target/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err149); errors++;
}
}
if(data123.published !== undefined){
let data128 = data123.published;
if((typeof data128 !== "string") && (!((typeof data128 == "number") && (!(data128 % 1) && !isNaN(data128))))){
const err150 = {instancePath:instancePath+"/ports/" + i35+"/published",schemaPath:"#/properties/ports/items/properties/published/type",keyword:"type",params:{type: ["string","integer"]}};
(vErrors ??= []).push(err150); errors++;
}
}
if(data123.protocol !== undefined){
if(typeof data123.protocol !== "string"){
const err151 = {instancePath:instancePath+"/ports/" + i35+"/protocol",schemaPath:"#/properties/ports/items/properties/protocol/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err151); errors++;
}
}
if(data123.app_protocol !== undefined){
if(typeof data123.app_protocol !== "string"){
const err152 = {instancePath:instancePath+"/ports/" + i35+"/app_protocol",schemaPath:"#/properties/ports/items/properties/app_protocol/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err152); errors++;
}
}
}
}
let i36 = data122.length;
let j13;
if(i36 > 1){
outer0:
for(;i36--;){
for(j13 = i36; j13--;){
if(func0(data122[i36], data122[j13])){
const err153 = {instancePath:instancePath+"/ports",schemaPath:"#/properties/ports/uniqueItems",keyword:"uniqueItems",params:{i: i36, j: j13}};
(vErrors ??= []).push(err153); errors++;
break outer0;
}
}
}
}
}
else {
const err154 = {instancePath:instancePath+"/ports",schemaPath:"#/properties/ports/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err154); errors++;
}
}
if(data.post_start !== undefined){
let data131 = data.post_start;
if(Array.isArray(data131)){
const len23 = data131.length;
for(let i37=0; i37<len23; i37++){
if(!(validate94(data131[i37], {instancePath:instancePath+"/post_start/" + i37}))){
vErrors = vErrors === null ? validate94.errors : vErrors.concat(validate94.errors);
errors = vErrors.length;
}
}
}
else {
const err155 = {instancePath:instancePath+"/post_start",schemaPath:"#/properties/post_start/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err155); errors++;
}
}
if(data.pre_start !== undefined){
let data133 = data.pre_start;
if(Array.isArray(data133)){
const len24 = data133.length;
for(let i38=0; i38<len24; i38++){
if(!(validate113(data133[i38], {instancePath:instancePath+"/pre_start/" + i38}))){
vErrors = vErrors === null ? validate113.errors : vErrors.concat(validate113.errors);
errors = vErrors.length;
}
}
}
else {
const err156 = {instancePath:instancePath+"/pre_start",schemaPath:"#/properties/pre_start/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err156); errors++;
}
}
if(data.pre_stop !== undefined){
let data135 = data.pre_stop;
if(Array.isArray(data135)){
const len25 = data135.length;
for(let i39=0; i39<len25; i39++){
if(!(validate94(data135[i39], {instancePath:instancePath+"/pre_stop/" + i39}))){
vErrors = vErrors === null ? validate94.errors : vErrors.concat(validate94.errors);
errors = vErrors.length;
}
}
}
else {
const err157 = {instancePath:instancePath+"/pre_stop",schemaPath:"#/properties/pre_stop/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err157); errors++;
}
}
if(data.privileged !== undefined){
let data137 = data.privileged;
if((typeof data137 !== "boolean") && (typeof data137 !== "string")){
const err158 = {instancePath:instancePath+"/privileged",schemaPath:"#/properties/privileged/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err158); errors++;
}
}
if(data.profiles !== undefined){
let data138 = data.profiles;
if(Array.isArray(data138)){
const len26 = data138.length;
for(let i40=0; i40<len26; i40++){
if(typeof data138[i40] !== "string"){
const err159 = {instancePath:instancePath+"/profiles/" + i40,schemaPath:"#/properties/profiles/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err159); errors++;
}
}
let i41 = data138.length;
let j14;
if(i41 > 1){
const indices13 = {};
for(;i41--;){
let item13 = data138[i41];
if(typeof item13 !== "string"){
continue;
}
if(typeof indices13[item13] == "number"){
j14 = indices13[item13];
const err160 = {instancePath:instancePath+"/profiles",schemaPath:"#/properties/profiles/uniqueItems",keyword:"uniqueItems",params:{i: i41, j: j14}};
(vErrors ??= []).push(err160); errors++;
break;
}
indices13[item13] = i41;
}
}
}
else {
const err161 = {instancePath:instancePath+"/profiles",schemaPath:"#/properties/profiles/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err161); errors++;
}
}
if(data.provider !== undefined){
let data140 = data.provider;
if(data140 && typeof data140 == "object" && !Array.isArray(data140)){
if(data140.type === undefined){
const err162 = {instancePath:instancePath+"/provider",schemaPath:"#/properties/provider/required",keyword:"required",params:{missingProperty: "type"}};
(vErrors ??= []).push(err162); errors++;
}
for(const key19 in data140){
if(!(((key19 === "type") || (key19 === "options")) || (pattern3.test(key19)))){
const err163 = {instancePath:instancePath+"/provider",schemaPath:"#/properties/provider/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key19, known: ["type","options"]}};
(vErrors ??= []).push(err163); errors++;
}
}
if(data140.type !== undefined){
if(typeof data140.type !== "string"){
const err164 = {instancePath:instancePath+"/provider/type",schemaPath:"#/properties/provider/properties/type/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err164); errors++;
}
}
if(data140.options !== undefined){
let data142 = data140.options;
if(data142 && typeof data142 == "object" && !Array.isArray(data142)){
var props2 = {};
for(const key20 in data142){
if(pattern45.test(key20)){
let data143 = data142[key20];
if((((typeof data143 !== "string") && (!(typeof data143 == "number"))) && (typeof data143 !== "boolean")) && (!(Array.isArray(data143)))){
const err165 = {instancePath:instancePath+"/provider/options/" + key20.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/provider/properties/options/patternProperties/%5E.%2B%24/type",keyword:"type",params:{type: ["string","number","boolean","array"]}};
(vErrors ??= []).push(err165); errors++;
}
if(Array.isArray(data143)){
const len27 = data143.length;
for(let i42=0; i42<len27; i42++){
let data144 = data143[i42];
if(((typeof data144 !== "string") && (!(typeof data144 == "number"))) && (typeof data144 !== "boolean")){
const err166 = {instancePath:instancePath+"/provider/options/" + key20.replace(/~/g, "~0").replace(/\//g, "~1")+"/" + i42,schemaPath:"#/properties/provider/properties/options/patternProperties/%5E.%2B%24/items/type",keyword:"type",params:{type: ["string","number","boolean"]}};
(vErrors ??= []).push(err166); errors++;
}
}
}
props2[key20] = true;
}
}
}
else {
const err167 = {instancePath:instancePath+"/provider/options",schemaPath:"#/properties/provider/properties/options/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err167); errors++;
}
}
}
else {
const err168 = {instancePath:instancePath+"/provider",schemaPath:"#/properties/provider/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err168); errors++;
}
}
if(data.pull_policy !== undefined){
let data145 = data.pull_policy;
if(typeof data145 === "string"){
if(!pattern57.test(data145)){
const err169 = {instancePath:instancePath+"/pull_policy",schemaPath:"#/properties/pull_policy/pattern",keyword:"pattern",params:{pattern: "^(always|never|build|if_not_present|missing|refresh|daily|weekly|every_([0-9]+[wdhms])+)$"}};
(vErrors ??= []).push(err169); errors++;
}
}
else {
const err170 = {instancePath:instancePath+"/pull_policy",schemaPath:"#/properties/pull_policy/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err170); errors++;
}
}
if(data.pull_refresh_after !== undefined){
if(typeof data.pull_refresh_after !== "string"){
const err171 = {instancePath:instancePath+"/pull_refresh_after",schemaPath:"#/properties/pull_refresh_after/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err171); errors++;
}
}
if(data.read_only !== undefined){
let data147 = data.read_only;
if((typeof data147 !== "boolean") && (typeof data147 !== "string")){
const err172 = {instancePath:instancePath+"/read_only",schemaPath:"#/properties/read_only/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err172); errors++;
}
}
if(data.restart !== undefined){
if(typeof data.restart !== "string"){
const err173 = {instancePath:instancePath+"/restart",schemaPath:"#/properties/restart/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err173); errors++;
}
}
if(data.runtime !== undefined){
if(typeof data.runtime !== "string"){
const err174 = {instancePath:instancePath+"/runtime",schemaPath:"#/properties/runtime/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err174); errors++;
}
}
if(data.scale !== undefined){
let data150 = data.scale;
if((!((typeof data150 == "number") && (!(data150 % 1) && !isNaN(data150)))) && (typeof data150 !== "string")){
const err175 = {instancePath:instancePath+"/scale",schemaPath:"#/properties/scale/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err175); errors++;
}
}
if(data.secrets !== undefined){
if(!(validate75(data.secrets, {instancePath:instancePath+"/secrets"}))){
vErrors = vErrors === null ? validate75.errors : vErrors.concat(validate75.errors);
errors = vErrors.length;
}
}
if(data.security_opt !== undefined){
let data152 = data.security_opt;
if(Array.isArray(data152)){
const len28 = data152.length;
for(let i43=0; i43<len28; i43++){
if(typeof data152[i43] !== "string"){
const err176 = {instancePath:instancePath+"/security_opt/" + i43,schemaPath:"#/properties/security_opt/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err176); errors++;
}
}
let i44 = data152.length;
let j15;
if(i44 > 1){
const indices14 = {};
for(;i44--;){
let item14 = data152[i44];
if(typeof item14 !== "string"){
continue;
}
if(typeof indices14[item14] == "number"){
j15 = indices14[item14];
const err177 = {instancePath:instancePath+"/security_opt",schemaPath:"#/properties/security_opt/uniqueItems",keyword:"uniqueItems",params:{i: i44, j: j15}};
(vErrors ??= []).push(err177); errors++;
break;
}
indices14[item14] = i44;
}
}
}
else {
const err178 = {instancePath:instancePath+"/security_opt",schemaPath:"#/properties/security_opt/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err178); errors++;
}
}
if(data.shm_size !== undefined){
let data154 = data.shm_size;
if((!(typeof data154 == "number")) && (typeof data154 !== "string")){
const err179 = {instancePath:instancePath+"/shm_size",schemaPath:"#/properties/shm_size/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err179); errors++;
}
}
if(data.stdin_open !== undefined){
let data155 = data.stdin_open;
if((typeof data155 !== "boolean") && (typeof data155 !== "string")){
const err180 = {instancePath:instancePath+"/stdin_open",schemaPath:"#/properties/stdin_open/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err180); errors++;
}
}
if(data.stop_grace_period !== undefined){
if(typeof data.stop_grace_period !== "string"){
const err181 = {instancePath:instancePath+"/stop_grace_period",schemaPath:"#/properties/stop_grace_period/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err181); errors++;
}
}
if(data.stop_signal !== undefined){
if(typeof data.stop_signal !== "string"){
const err182 = {instancePath:instancePath+"/stop_signal",schemaPath:"#/properties/stop_signal/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err182); errors++;
}
}
if(data.storage_opt !== undefined){
let data158 = data.storage_opt;
if(!(data158 && typeof data158 == "object" && !Array.isArray(data158))){
const err183 = {instancePath:instancePath+"/storage_opt",schemaPath:"#/properties/storage_opt/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err183); errors++;
}
}
if(data.sysctls !== undefined){
if(!(validate59(data.sysctls, {instancePath:instancePath+"/sysctls"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.tmpfs !== undefined){
if(!(validate54(data.tmpfs, {instancePath:instancePath+"/tmpfs"}))){
vErrors = vErrors === null ? validate54.errors : vErrors.concat(validate54.errors);
errors = vErrors.length;
}
}
if(data.tty !== undefined){
let data161 = data.tty;
if((typeof data161 !== "boolean") && (typeof data161 !== "string")){
const err184 = {instancePath:instancePath+"/tty",schemaPath:"#/properties/tty/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err184); errors++;
}
}
if(data.ulimits !== undefined){
if(!(validate78(data.ulimits, {instancePath:instancePath+"/ulimits"}))){
vErrors = vErrors === null ? validate78.errors : vErrors.concat(validate78.errors);
errors = vErrors.length;
}
}
if(data.use_api_socket !== undefined){
let data163 = data.use_api_socket;
if((typeof data163 !== "boolean") && (typeof data163 !== "string")){
const err185 = {instancePath:instancePath+"/use_api_socket",schemaPath:"#/properties/use_api_socket/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err185); errors++;
}
}
if(data.user !== undefined){
if(typeof data.user !== "string"){
const err186 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err186); errors++;
}
}
if(data.userns_mode !== undefined){
if(typeof data.userns_mode !== "string"){
const err187 = {instancePath:instancePath+"/userns_mode",schemaPath:"#/properties/userns_mode/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err187); errors++;
}
}
if(data.uts !== undefined){
if(typeof data.uts !== "string"){
const err188 = {instancePath:instancePath+"/uts",schemaPath:"#/properties/uts/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err188); errors++;
}
}
if(data.volumes !== undefined){
let data167 = data.volumes;
if(Array.isArray(data167)){
const len29 = data167.length;
for(let i45=0; i45<len29; i45++){
let data168 = data167[i45];
if((typeof data168 !== "string") && (!(data168 && typeof data168 == "object" && !Array.isArray(data168)))){
const err189 = {instancePath:instancePath+"/volumes/" + i45,schemaPath:"#/properties/volumes/items/type",keyword:"type",params:{type: ["string","object"]}};
(vErrors ??= []).push(err189); errors++;
}
if(data168 && typeof data168 == "object" && !Array.isArray(data168)){
if(data168.type === undefined){
const err190 = {instancePath:instancePath+"/volumes/" + i45,schemaPath:"#/properties/volumes/items/required",keyword:"required",params:{missingProperty: "type"}};
(vErrors ??= []).push(err190); errors++;
}
for(const key21 in data168){
if(!((func1.call(keys4, key21)) || (pattern3.test(key21)))){
const err191 = {instancePath:instancePath+"/volumes/" + i45,schemaPath:"#/properties/volumes/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key21, known: Object.keys(keys4)}};
(vErrors ??= []).push(err191); errors++;
}
}
if(data168.type !== undefined){
let data169 = data168.type;
if(typeof data169 !== "string"){
const err192 = {instancePath:instancePath+"/volumes/" + i45+"/type",schemaPath:"#/properties/volumes/items/properties/type/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err192); errors++;
}
if(!((((((data169 === "bind") || (data169 === "volume")) || (data169 === "tmpfs")) || (data169 === "cluster")) || (data169 === "npipe")) || (data169 === "image"))){
const err193 = {instancePath:instancePath+"/volumes/" + i45+"/type",schemaPath:"#/properties/volumes/items/properties/type/enum",keyword:"enum",params:{allowedValues: ["bind","volume","tmpfs","cluster","npipe","image"]}};
(vErrors ??= []).push(err193); errors++;
}
}
if(data168.source !== undefined){
if(typeof data168.source !== "string"){
const err194 = {instancePath:instancePath+"/volumes/" + i45+"/source",schemaPath:"#/properties/volumes/items/properties/source/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err194); errors++;
}
}
if(data168.target !== undefined){
if(typeof data168.target !== "string"){
const err195 = {instancePath:instancePath+"/volumes/" + i45+"/target",schemaPath:"#/properties/volumes/items/properties/target/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err195); errors++;
}
}
if(data168.read_only !== undefined){
let data172 = data168.read_only;
if((typeof data172 !== "boolean") && (typeof data172 !== "string")){
const err196 = {instancePath:instancePath+"/volumes/" + i45+"/read_only",schemaPath:"#/properties/volumes/items/properties/read_only/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err196); errors++;
}
}
if(data168.consistency !== undefined){
if(typeof data168.consistency !== "string"){
const err197 = {instancePath:instancePath+"/volumes/" + i45+"/consistency",schemaPath:"#/properties/volumes/items/properties/consistency/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err197); errors++;
}
}
if(data168.bind !== undefined){
let data174 = data168.bind;
if(data174 && typeof data174 == "object" && !Array.isArray(data174)){
for(const key22 in data174){
if(!(((((key22 === "propagation") || (key22 === "create_host_path")) || (key22 === "recursive")) || (key22 === "selinux")) || (pattern3.test(key22)))){
const err198 = {instancePath:instancePath+"/volumes/" + i45+"/bind",schemaPath:"#/properties/volumes/items/properties/bind/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key22, known: ["propagation","create_host_path","recursive","selinux"]}};
(vErrors ??= []).push(err198); errors++;
}
}
if(data174.propagation !== undefined){
if(typeof data174.propagation !== "string"){
const err199 = {instancePath:instancePath+"/volumes/" + i45+"/bind/propagation",schemaPath:"#/properties/volumes/items/properties/bind/properties/propagation/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err199); errors++;
}
}
if(data174.create_host_path !== undefined){
let data176 = data174.create_host_path;
if((typeof data176 !== "boolean") && (typeof data176 !== "string")){
const err200 = {instancePath:instancePath+"/volumes/" + i45+"/bind/create_host_path",schemaPath:"#/properties/volumes/items/properties/bind/properties/create_host_path/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err200); errors++;
}
}
if(data174.recursive !== undefined){
let data177 = data174.recursive;
if(typeof data177 !== "string"){
const err201 = {instancePath:instancePath+"/volumes/" + i45+"/bind/recursive",schemaPath:"#/properties/volumes/items/properties/bind/properties/recursive/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err201); errors++;
}
if(!((((data177 === "enabled") || (data177 === "disabled")) || (data177 === "writable")) || (data177 === "readonly"))){
const err202 = {instancePath:instancePath+"/volumes/" + i45+"/bind/recursive",schemaPath:"#/properties/volumes/items/properties/bind/properties/recursive/enum",keyword:"enum",params:{allowedValues: ["enabled","disabled","writable","readonly"]}};
(vErrors ??= []).push(err202); errors++;
}
}
if(data174.selinux !== undefined){
let data178 = data174.selinux;
if(typeof data178 !== "string"){
const err203 = {instancePath:instancePath+"/volumes/" + i45+"/bind/selinux",schemaPath:"#/properties/volumes/items/properties/bind/properties/selinux/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err203); errors++;
}
if(!((data178 === "z") || (data178 === "Z"))){
const err204 = {instancePath:instancePath+"/volumes/" + i45+"/bind/selinux",schemaPath:"#/properties/volumes/items/properties/bind/properties/selinux/enum",keyword:"enum",params:{allowedValues: ["z","Z"]}};
(vErrors ??= []).push(err204); errors++;
}
}
}
else {
const err205 = {instancePath:instancePath+"/volumes/" + i45+"/bind",schemaPath:"#/properties/volumes/items/properties/bind/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err205); errors++;
}
}
if(data168.volume !== undefined){
let data179 = data168.volume;
if(data179 && typeof data179 == "object" && !Array.isArray(data179)){
for(const key23 in data179){
if(!((((key23 === "nocopy") || (key23 === "subpath")) || (key23 === "labels")) || (pattern3.test(key23)))){
const err206 = {instancePath:instancePath+"/volumes/" + i45+"/volume",schemaPath:"#/properties/volumes/items/properties/volume/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key23, known: ["nocopy","subpath","labels"]}};
(vErrors ??= []).push(err206); errors++;
}
}
if(data179.nocopy !== undefined){
let data180 = data179.nocopy;
if((typeof data180 !== "boolean") && (typeof data180 !== "string")){
const err207 = {instancePath:instancePath+"/volumes/" + i45+"/volume/nocopy",schemaPath:"#/properties/volumes/items/properties/volume/properties/nocopy/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err207); errors++;
}
}
if(data179.subpath !== undefined){
if(typeof data179.subpath !== "string"){
const err208 = {instancePath:instancePath+"/volumes/" + i45+"/volume/subpath",schemaPath:"#/properties/volumes/items/properties/volume/properties/subpath/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err208); errors++;
}
}
if(data179.labels !== undefined){
if(!(validate59(data179.labels, {instancePath:instancePath+"/volumes/" + i45+"/volume/labels"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
}
else {
const err209 = {instancePath:instancePath+"/volumes/" + i45+"/volume",schemaPath:"#/properties/volumes/items/properties/volume/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err209); errors++;
}
}
if(data168.tmpfs !== undefined){
let data183 = data168.tmpfs;
if(data183 && typeof data183 == "object" && !Array.isArray(data183)){
for(const key24 in data183){
if(!(((key24 === "size") || (key24 === "mode")) || (pattern3.test(key24)))){
const err210 = {instancePath:instancePath+"/volumes/" + i45+"/tmpfs",schemaPath:"#/properties/volumes/items/properties/tmpfs/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key24, known: ["size","mode"]}};
(vErrors ??= []).push(err210); errors++;
}
}
if(data183.size !== undefined){
let data184 = data183.size;
if((!((typeof data184 == "number") && (!(data184 % 1) && !isNaN(data184)))) && (typeof data184 !== "string")){
const err211 = {instancePath:instancePath+"/volumes/" + i45+"/tmpfs/size",schemaPath:"#/properties/volumes/items/properties/tmpfs/properties/size/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err211); errors++;
}
if(typeof data184 == "number"){
if(data184 < 0 || isNaN(data184)){
const err212 = {instancePath:instancePath+"/volumes/" + i45+"/tmpfs/size",schemaPath:"#/properties/volumes/items/properties/tmpfs/properties/size/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0}};
(vErrors ??= []).push(err212); errors++;
}
}
}
if(data183.mode !== undefined){
let data185 = data183.mode;
if((!(typeof data185 == "number")) && (typeof data185 !== "string")){
const err213 = {instancePath:instancePath+"/volumes/" + i45+"/tmpfs/mode",schemaPath:"#/properties/volumes/items/properties/tmpfs/properties/mode/type",keyword:"type",params:{type: ["number","string"]}};
(vErrors ??= []).push(err213); errors++;
}
}
}
else {
const err214 = {instancePath:instancePath+"/volumes/" + i45+"/tmpfs",schemaPath:"#/properties/volumes/items/properties/tmpfs/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err214); errors++;
}
}
if(data168.image !== undefined){
let data186 = data168.image;
if(data186 && typeof data186 == "object" && !Array.isArray(data186)){
for(const key25 in data186){
if(!((key25 === "subpath") || (pattern3.test(key25)))){
const err215 = {instancePath:instancePath+"/volumes/" + i45+"/image",schemaPath:"#/properties/volumes/items/properties/image/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key25, known: ["subpath"]}};
(vErrors ??= []).push(err215); errors++;
}
}
if(data186.subpath !== undefined){
if(typeof data186.subpath !== "string"){
const err216 = {instancePath:instancePath+"/volumes/" + i45+"/image/subpath",schemaPath:"#/properties/volumes/items/properties/image/properties/subpath/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err216); errors++;
}
}
}
else {
const err217 = {instancePath:instancePath+"/volumes/" + i45+"/image",schemaPath:"#/properties/volumes/items/properties/image/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err217); errors++;
}
}
}
}
let i46 = data167.length;
let j16;
if(i46 > 1){
outer1:
for(;i46--;){
for(j16 = i46; j16--;){
if(func0(data167[i46], data167[j16])){
const err218 = {instancePath:instancePath+"/volumes",schemaPath:"#/properties/volumes/uniqueItems",keyword:"uniqueItems",params:{i: i46, j: j16}};
(vErrors ??= []).push(err218); errors++;
break outer1;
}
}
}
}
}
else {
const err219 = {instancePath:instancePath+"/volumes",schemaPath:"#/properties/volumes/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err219); errors++;
}
}
if(data.volumes_from !== undefined){
let data188 = data.volumes_from;
if(Array.isArray(data188)){
const len30 = data188.length;
for(let i47=0; i47<len30; i47++){
if(typeof data188[i47] !== "string"){
const err220 = {instancePath:instancePath+"/volumes_from/" + i47,schemaPath:"#/properties/volumes_from/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err220); errors++;
}
}
let i48 = data188.length;
let j17;
if(i48 > 1){
const indices15 = {};
for(;i48--;){
let item15 = data188[i48];
if(typeof item15 !== "string"){
continue;
}
if(typeof indices15[item15] == "number"){
j17 = indices15[item15];
const err221 = {instancePath:instancePath+"/volumes_from",schemaPath:"#/properties/volumes_from/uniqueItems",keyword:"uniqueItems",params:{i: i48, j: j17}};
(vErrors ??= []).push(err221); errors++;
break;
}
indices15[item15] = i48;
}
}
}
else {
const err222 = {instancePath:instancePath+"/volumes_from",schemaPath:"#/properties/volumes_from/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err222); errors++;
}
}
if(data.working_dir !== undefined){
if(typeof data.working_dir !== "string"){
const err223 = {instancePath:instancePath+"/working_dir",schemaPath:"#/properties/working_dir/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err223); errors++;
}
}
}
else {
const err224 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err224); errors++;
}
validate58.errors = vErrors;
return errors === 0;
}
function validate124(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if((!(data && typeof data == "object" && !Array.isArray(data))) && (data !== null)){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: ["object","null"]}};
(vErrors ??= []).push(err0); errors++;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((func1.call(keys5, key0)) || (pattern3.test(key0)))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: Object.keys(keys5)}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.name !== undefined){
if(typeof data.name !== "string"){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.driver !== undefined){
if(typeof data.driver !== "string"){
const err3 = {instancePath:instancePath+"/driver",schemaPath:"#/properties/driver/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.driver_opts !== undefined){
let data2 = data.driver_opts;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
for(const key1 in data2){
if(pattern45.test(key1)){
let data3 = data2[key1];
if((typeof data3 !== "string") && (!(typeof data3 == "number"))){
const err4 = {instancePath:instancePath+"/driver_opts/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/driver_opts/patternProperties/%5E.%2B%24/type",keyword:"type",params:{type: ["string","number"]}};
(vErrors ??= []).push(err4); errors++;
}
}
}
}
else {
const err5 = {instancePath:instancePath+"/driver_opts",schemaPath:"#/properties/driver_opts/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err5); errors++;
}
}
if(data.ipam !== undefined){
let data4 = data.ipam;
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
for(const key2 in data4){
if(!((((key2 === "driver") || (key2 === "config")) || (key2 === "options")) || (pattern3.test(key2)))){
const err6 = {instancePath:instancePath+"/ipam",schemaPath:"#/properties/ipam/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2, known: ["driver","config","options"]}};
(vErrors ??= []).push(err6); errors++;
}
}
if(data4.driver !== undefined){
if(typeof data4.driver !== "string"){
const err7 = {instancePath:instancePath+"/ipam/driver",schemaPath:"#/properties/ipam/properties/driver/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err7); errors++;
}
}
if(data4.config !== undefined){
let data6 = data4.config;
if(Array.isArray(data6)){
const len0 = data6.length;
for(let i0=0; i0<len0; i0++){
let data7 = data6[i0];
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
for(const key3 in data7){
if(!(((((key3 === "subnet") || (key3 === "ip_range")) || (key3 === "gateway")) || (key3 === "aux_addresses")) || (pattern3.test(key3)))){
const err8 = {instancePath:instancePath+"/ipam/config/" + i0,schemaPath:"#/properties/ipam/properties/config/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3, known: ["subnet","ip_range","gateway","aux_addresses"]}};
(vErrors ??= []).push(err8); errors++;
}
}
if(data7.subnet !== undefined){
if(typeof data7.subnet !== "string"){
const err9 = {instancePath:instancePath+"/ipam/config/" + i0+"/subnet",schemaPath:"#/properties/ipam/properties/config/items/properties/subnet/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err9); errors++;
}
}
if(data7.ip_range !== undefined){
if(typeof data7.ip_range !== "string"){
const err10 = {instancePath:instancePath+"/ipam/config/" + i0+"/ip_range",schemaPath:"#/properties/ipam/properties/config/items/properties/ip_range/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err10); errors++;
}
}
if(data7.gateway !== undefined){
if(typeof data7.gateway !== "string"){
const err11 = {instancePath:instancePath+"/ipam/config/" + i0+"/gateway",schemaPath:"#/properties/ipam/properties/config/items/properties/gateway/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err11); errors++;
}
}
if(data7.aux_addresses !== undefined){
let data11 = data7.aux_addresses;
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
for(const key4 in data11){
if(!(pattern45.test(key4))){
const err12 = {instancePath:instancePath+"/ipam/config/" + i0+"/aux_addresses",schemaPath:"#/properties/ipam/properties/config/items/properties/aux_addresses/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4, known: []}};
(vErrors ??= []).push(err12); errors++;
}
}
for(const key5 in data11){
if(pattern45.test(key5)){
if(typeof data11[key5] !== "string"){
const err13 = {instancePath:instancePath+"/ipam/config/" + i0+"/aux_addresses/" + key5.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/ipam/properties/config/items/properties/aux_addresses/patternProperties/%5E.%2B%24/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err13); errors++;
}
}
}
}
else {
const err14 = {instancePath:instancePath+"/ipam/config/" + i0+"/aux_addresses",schemaPath:"#/properties/ipam/properties/config/items/properties/aux_addresses/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err14); errors++;
}
}
}
else {
const err15 = {instancePath:instancePath+"/ipam/config/" + i0,schemaPath:"#/properties/ipam/properties/config/items/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err15); errors++;
}
}
}
else {
const err16 = {instancePath:instancePath+"/ipam/config",schemaPath:"#/properties/ipam/properties/config/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err16); errors++;
}
}
if(data4.options !== undefined){
let data13 = data4.options;
if(data13 && typeof data13 == "object" && !Array.isArray(data13)){
for(const key6 in data13){
if(!(pattern45.test(key6))){
const err17 = {instancePath:instancePath+"/ipam/options",schemaPath:"#/properties/ipam/properties/options/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6, known: []}};
(vErrors ??= []).push(err17); errors++;
}
}
for(const key7 in data13){
if(pattern45.test(key7)){
if(typeof data13[key7] !== "string"){
const err18 = {instancePath:instancePath+"/ipam/options/" + key7.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/ipam/properties/options/patternProperties/%5E.%2B%24/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err18); errors++;
}
}
}
}
else {
const err19 = {instancePath:instancePath+"/ipam/options",schemaPath:"#/properties/ipam/properties/options/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err19); errors++;
}
}
}
else {
const err20 = {instancePath:instancePath+"/ipam",schemaPath:"#/properties/ipam/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err20); errors++;
}
}
if(data.external !== undefined){
let data15 = data.external;
if(((typeof data15 !== "boolean") && (typeof data15 !== "string")) && (!(data15 && typeof data15 == "object" && !Array.isArray(data15)))){
const err21 = {instancePath:instancePath+"/external",schemaPath:"#/properties/external/type",keyword:"type",params:{type: ["boolean","string","object"]}};
(vErrors ??= []).push(err21); errors++;
}
if(data15 && typeof data15 == "object" && !Array.isArray(data15)){
for(const key8 in data15){
if(!((key8 === "name") || (pattern3.test(key8)))){
const err22 = {instancePath:instancePath+"/external",schemaPath:"#/properties/external/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8, known: ["name"]}};
(vErrors ??= []).push(err22); errors++;
}
}
if(data15.name !== undefined){
if(typeof data15.name !== "string"){
const err23 = {instancePath:instancePath+"/external/name",schemaPath:"#/properties/external/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err23); errors++;
}
}
}
}
if(data.internal !== undefined){
let data17 = data.internal;
if((typeof data17 !== "boolean") && (typeof data17 !== "string")){
const err24 = {instancePath:instancePath+"/internal",schemaPath:"#/properties/internal/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err24); errors++;
}
}
if(data.enable_ipv4 !== undefined){
let data18 = data.enable_ipv4;
if((typeof data18 !== "boolean") && (typeof data18 !== "string")){
const err25 = {instancePath:instancePath+"/enable_ipv4",schemaPath:"#/properties/enable_ipv4/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err25); errors++;
}
}
if(data.enable_ipv6 !== undefined){
let data19 = data.enable_ipv6;
if((typeof data19 !== "boolean") && (typeof data19 !== "string")){
const err26 = {instancePath:instancePath+"/enable_ipv6",schemaPath:"#/properties/enable_ipv6/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err26); errors++;
}
}
if(data.attachable !== undefined){
let data20 = data.attachable;
if((typeof data20 !== "boolean") && (typeof data20 !== "string")){
const err27 = {instancePath:instancePath+"/attachable",schemaPath:"#/properties/attachable/type",keyword:"type",params:{type: ["boolean","string"]}};
(vErrors ??= []).push(err27); errors++;
}
}
if(data.labels !== undefined){
if(!(validate59(data.labels, {instancePath:instancePath+"/labels"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
}
validate124.errors = vErrors;
return errors === 0;
}
function validate127(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if((!(data && typeof data == "object" && !Array.isArray(data))) && (data !== null)){
const err0 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: ["object","null"]}};
(vErrors ??= []).push(err0); errors++;
}
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((key0 === "name") || (key0 === "driver")) || (key0 === "driver_opts")) || (key0 === "external")) || (key0 === "labels")) || (pattern3.test(key0)))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["name","driver","driver_opts","external","labels"]}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.name !== undefined){
if(typeof data.name !== "string"){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.driver !== undefined){
if(typeof data.driver !== "string"){
const err3 = {instancePath:instancePath+"/driver",schemaPath:"#/properties/driver/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.driver_opts !== undefined){
let data2 = data.driver_opts;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
for(const key1 in data2){
if(pattern45.test(key1)){
let data3 = data2[key1];
if((typeof data3 !== "string") && (!(typeof data3 == "number"))){
const err4 = {instancePath:instancePath+"/driver_opts/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/driver_opts/patternProperties/%5E.%2B%24/type",keyword:"type",params:{type: ["string","number"]}};
(vErrors ??= []).push(err4); errors++;
}
}
}
}
else {
const err5 = {instancePath:instancePath+"/driver_opts",schemaPath:"#/properties/driver_opts/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err5); errors++;
}
}
if(data.external !== undefined){
let data4 = data.external;
if(((typeof data4 !== "boolean") && (typeof data4 !== "string")) && (!(data4 && typeof data4 == "object" && !Array.isArray(data4)))){
const err6 = {instancePath:instancePath+"/external",schemaPath:"#/properties/external/type",keyword:"type",params:{type: ["boolean","string","object"]}};
(vErrors ??= []).push(err6); errors++;
}
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
for(const key2 in data4){
if(!((key2 === "name") || (pattern3.test(key2)))){
const err7 = {instancePath:instancePath+"/external",schemaPath:"#/properties/external/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2, known: ["name"]}};
(vErrors ??= []).push(err7); errors++;
}
}
if(data4.name !== undefined){
if(typeof data4.name !== "string"){
const err8 = {instancePath:instancePath+"/external/name",schemaPath:"#/properties/external/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err8); errors++;
}
}
}
}
if(data.labels !== undefined){
if(!(validate59(data.labels, {instancePath:instancePath+"/labels"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
}
validate127.errors = vErrors;
return errors === 0;
}
function validate130(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((((((((key0 === "name") || (key0 === "environment")) || (key0 === "file")) || (key0 === "external")) || (key0 === "labels")) || (key0 === "driver")) || (key0 === "driver_opts")) || (key0 === "template_driver")) || (pattern3.test(key0)))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["name","environment","file","external","labels","driver","driver_opts","template_driver"]}};
(vErrors ??= []).push(err0); errors++;
}
}
if(data.name !== undefined){
if(typeof data.name !== "string"){
const err1 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.environment !== undefined){
if(typeof data.environment !== "string"){
const err2 = {instancePath:instancePath+"/environment",schemaPath:"#/properties/environment/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.file !== undefined){
if(typeof data.file !== "string"){
const err3 = {instancePath:instancePath+"/file",schemaPath:"#/properties/file/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.external !== undefined){
let data3 = data.external;
if(((typeof data3 !== "boolean") && (typeof data3 !== "string")) && (!(data3 && typeof data3 == "object" && !Array.isArray(data3)))){
const err4 = {instancePath:instancePath+"/external",schemaPath:"#/properties/external/type",keyword:"type",params:{type: ["boolean","string","object"]}};
(vErrors ??= []).push(err4); errors++;
}
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
if(data3.name !== undefined){
if(typeof data3.name !== "string"){
const err5 = {instancePath:instancePath+"/external/name",schemaPath:"#/properties/external/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err5); errors++;
}
}
}
}
if(data.labels !== undefined){
if(!(validate59(data.labels, {instancePath:instancePath+"/labels"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.driver !== undefined){
if(typeof data.driver !== "string"){
const err6 = {instancePath:instancePath+"/driver",schemaPath:"#/properties/driver/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err6); errors++;
}
}
if(data.driver_opts !== undefined){
let data7 = data.driver_opts;
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
for(const key1 in data7){
if(pattern45.test(key1)){
let data8 = data7[key1];
if((typeof data8 !== "string") && (!(typeof data8 == "number"))){
const err7 = {instancePath:instancePath+"/driver_opts/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/driver_opts/patternProperties/%5E.%2B%24/type",keyword:"type",params:{type: ["string","number"]}};
(vErrors ??= []).push(err7); errors++;
}
}
}
}
else {
const err8 = {instancePath:instancePath+"/driver_opts",schemaPath:"#/properties/driver_opts/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err8); errors++;
}
}
if(data.template_driver !== undefined){
if(typeof data.template_driver !== "string"){
const err9 = {instancePath:instancePath+"/template_driver",schemaPath:"#/properties/template_driver/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err9); errors++;
}
}
}
else {
const err10 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err10); errors++;
}
validate130.errors = vErrors;
return errors === 0;
}
function validate133(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((func1.call(keys6, key0)) || (pattern3.test(key0)))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: Object.keys(keys6)}};
(vErrors ??= []).push(err0); errors++;
}
}
if(data.name !== undefined){
if(typeof data.name !== "string"){
const err1 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.content !== undefined){
if(typeof data.content !== "string"){
const err2 = {instancePath:instancePath+"/content",schemaPath:"#/properties/content/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.environment !== undefined){
if(typeof data.environment !== "string"){
const err3 = {instancePath:instancePath+"/environment",schemaPath:"#/properties/environment/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.file !== undefined){
if(typeof data.file !== "string"){
const err4 = {instancePath:instancePath+"/file",schemaPath:"#/properties/file/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data.external !== undefined){
let data4 = data.external;
if(((typeof data4 !== "boolean") && (typeof data4 !== "string")) && (!(data4 && typeof data4 == "object" && !Array.isArray(data4)))){
const err5 = {instancePath:instancePath+"/external",schemaPath:"#/properties/external/type",keyword:"type",params:{type: ["boolean","string","object"]}};
(vErrors ??= []).push(err5); errors++;
}
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
if(data4.name !== undefined){
if(typeof data4.name !== "string"){
const err6 = {instancePath:instancePath+"/external/name",schemaPath:"#/properties/external/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err6); errors++;
}
}
}
}
if(data.labels !== undefined){
if(!(validate59(data.labels, {instancePath:instancePath+"/labels"}))){
vErrors = vErrors === null ? validate59.errors : vErrors.concat(validate59.errors);
errors = vErrors.length;
}
}
if(data.driver !== undefined){
if(typeof data.driver !== "string"){
const err7 = {instancePath:instancePath+"/driver",schemaPath:"#/properties/driver/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err7); errors++;
}
}
if(data.driver_opts !== undefined){
let data8 = data.driver_opts;
if(data8 && typeof data8 == "object" && !Array.isArray(data8)){
for(const key1 in data8){
if(pattern45.test(key1)){
let data9 = data8[key1];
if((typeof data9 !== "string") && (!(typeof data9 == "number"))){
const err8 = {instancePath:instancePath+"/driver_opts/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/driver_opts/patternProperties/%5E.%2B%24/type",keyword:"type",params:{type: ["string","number"]}};
(vErrors ??= []).push(err8); errors++;
}
}
}
}
else {
const err9 = {instancePath:instancePath+"/driver_opts",schemaPath:"#/properties/driver_opts/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err9); errors++;
}
}
if(data.template_driver !== undefined){
if(typeof data.template_driver !== "string"){
const err10 = {instancePath:instancePath+"/template_driver",schemaPath:"#/properties/template_driver/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err10); errors++;
}
}
}
else {
const err11 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err11); errors++;
}
validate133.errors = vErrors;
return errors === 0;
}
function validate136(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.model === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "model"}};
(vErrors ??= []).push(err0); errors++;
}
for(const key0 in data){
if(!(((((key0 === "name") || (key0 === "model")) || (key0 === "context_size")) || (key0 === "runtime_flags")) || (pattern3.test(key0)))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: ["name","model","context_size","runtime_flags"]}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.name !== undefined){
if(typeof data.name !== "string"){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.model !== undefined){
if(typeof data.model !== "string"){
const err3 = {instancePath:instancePath+"/model",schemaPath:"#/properties/model/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.context_size !== undefined){
let data2 = data.context_size;
if((!((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2)))) && (typeof data2 !== "string")){
const err4 = {instancePath:instancePath+"/context_size",schemaPath:"#/properties/context_size/type",keyword:"type",params:{type: ["integer","string"]}};
(vErrors ??= []).push(err4); errors++;
}
}
if(data.runtime_flags !== undefined){
let data3 = data.runtime_flags;
if(Array.isArray(data3)){
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
if(typeof data3[i0] !== "string"){
const err5 = {instancePath:instancePath+"/runtime_flags/" + i0,schemaPath:"#/properties/runtime_flags/items/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err5); errors++;
}
}
}
else {
const err6 = {instancePath:instancePath+"/runtime_flags",schemaPath:"#/properties/runtime_flags/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err6); errors++;
}
}
}
else {
const err7 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err7); errors++;
}
validate136.errors = vErrors;
return errors === 0;
}
function validate52(data, {instancePath=""}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((func1.call(keys7, key0)) || (pattern3.test(key0)))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0, known: Object.keys(keys7)}};
(vErrors ??= []).push(err0); errors++;
}
}
if(data.version !== undefined){
if(typeof data.version !== "string"){
const err1 = {instancePath:instancePath+"/version",schemaPath:"#/properties/version/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err1); errors++;
}
}
if(data.name !== undefined){
if(typeof data.name !== "string"){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"}};
(vErrors ??= []).push(err2); errors++;
}
}
if(data.include !== undefined){
let data2 = data.include;
if(Array.isArray(data2)){
const len0 = data2.length;
for(let i0=0; i0<len0; i0++){
if(!(validate53(data2[i0], {instancePath:instancePath+"/include/" + i0}))){
vErrors = vErrors === null ? validate53.errors : vErrors.concat(validate53.errors);
errors = vErrors.length;
}
}
}
else {
const err3 = {instancePath:instancePath+"/include",schemaPath:"#/properties/include/type",keyword:"type",params:{type: "array"}};
(vErrors ??= []).push(err3); errors++;
}
}
if(data.services !== undefined){
let data4 = data.services;
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
for(const key1 in data4){
if(!(pattern5.test(key1))){
const err4 = {instancePath:instancePath+"/services",schemaPath:"#/properties/services/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1, known: []}};
(vErrors ??= []).push(err4); errors++;
}
}
for(const key2 in data4){
if(pattern5.test(key2)){
if(!(validate58(data4[key2], {instancePath:instancePath+"/services/" + key2.replace(/~/g, "~0").replace(/\//g, "~1")}))){
vErrors = vErrors === null ? validate58.errors : vErrors.concat(validate58.errors);
errors = vErrors.length;
}
}
}
}
else {
const err5 = {instancePath:instancePath+"/services",schemaPath:"#/properties/services/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err5); errors++;
}
}
if(data.networks !== undefined){
let data6 = data.networks;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
for(const key3 in data6){
if(pattern5.test(key3)){
if(!(validate124(data6[key3], {instancePath:instancePath+"/networks/" + key3.replace(/~/g, "~0").replace(/\//g, "~1")}))){
vErrors = vErrors === null ? validate124.errors : vErrors.concat(validate124.errors);
errors = vErrors.length;
}
}
}
}
else {
const err6 = {instancePath:instancePath+"/networks",schemaPath:"#/properties/networks/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err6); errors++;
}
}
if(data.volumes !== undefined){
let data8 = data.volumes;
if(data8 && typeof data8 == "object" && !Array.isArray(data8)){
for(const key4 in data8){
if(!(pattern5.test(key4))){
const err7 = {instancePath:instancePath+"/volumes",schemaPath:"#/properties/volumes/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4, known: []}};
(vErrors ??= []).push(err7); errors++;
}
}
for(const key5 in data8){
if(pattern5.test(key5)){
if(!(validate127(data8[key5], {instancePath:instancePath+"/volumes/" + key5.replace(/~/g, "~0").replace(/\//g, "~1")}))){
vErrors = vErrors === null ? validate127.errors : vErrors.concat(validate127.errors);
errors = vErrors.length;
}
}
}
}
else {
const err8 = {instancePath:instancePath+"/volumes",schemaPath:"#/properties/volumes/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err8); errors++;
}
}
if(data.secrets !== undefined){
let data10 = data.secrets;
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
for(const key6 in data10){
if(!(pattern5.test(key6))){
const err9 = {instancePath:instancePath+"/secrets",schemaPath:"#/properties/secrets/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6, known: []}};
(vErrors ??= []).push(err9); errors++;
}
}
for(const key7 in data10){
if(pattern5.test(key7)){
if(!(validate130(data10[key7], {instancePath:instancePath+"/secrets/" + key7.replace(/~/g, "~0").replace(/\//g, "~1")}))){
vErrors = vErrors === null ? validate130.errors : vErrors.concat(validate130.errors);
errors = vErrors.length;
}
}
}
}
else {
const err10 = {instancePath:instancePath+"/secrets",schemaPath:"#/properties/secrets/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err10); errors++;
}
}
if(data.configs !== undefined){
let data12 = data.configs;
if(data12 && typeof data12 == "object" && !Array.isArray(data12)){
for(const key8 in data12){
if(!(pattern5.test(key8))){
const err11 = {instancePath:instancePath+"/configs",schemaPath:"#/properties/configs/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8, known: []}};
(vErrors ??= []).push(err11); errors++;
}
}
for(const key9 in data12){
if(pattern5.test(key9)){
if(!(validate133(data12[key9], {instancePath:instancePath+"/configs/" + key9.replace(/~/g, "~0").replace(/\//g, "~1")}))){
vErrors = vErrors === null ? validate133.errors : vErrors.concat(validate133.errors);
errors = vErrors.length;
}
}
}
}
else {
const err12 = {instancePath:instancePath+"/configs",schemaPath:"#/properties/configs/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err12); errors++;
}
}
if(data.models !== undefined){
let data14 = data.models;
if(data14 && typeof data14 == "object" && !Array.isArray(data14)){
for(const key10 in data14){
if(!(pattern5.test(key10))){
const err13 = {instancePath:instancePath+"/models",schemaPath:"#/properties/models/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key10, known: []}};
(vErrors ??= []).push(err13); errors++;
}
}
for(const key11 in data14){
if(pattern5.test(key11)){
if(!(validate136(data14[key11], {instancePath:instancePath+"/models/" + key11.replace(/~/g, "~0").replace(/\//g, "~1")}))){
vErrors = vErrors === null ? validate136.errors : vErrors.concat(validate136.errors);
errors = vErrors.length;
}
}
}
}
else {
const err14 = {instancePath:instancePath+"/models",schemaPath:"#/properties/models/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err14); errors++;
}
}
}
else {
const err15 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"}};
(vErrors ??= []).push(err15); errors++;
}
validate52.errors = vErrors;
return errors === 0;
}
