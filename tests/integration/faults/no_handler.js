export default { hello: "there is no fetch here" };
