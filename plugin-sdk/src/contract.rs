//! The contract's types, generated from `wit/`.

#[cfg(not(feature = "testing"))]
wit_bindgen::generate!({
    path: "../wit",
    world: "checker",
    additional_derives: [PartialEq, Eq, Hash, Clone],
    pub_export_macro: true,
    export_macro_name: "export_component",
});

#[cfg(feature = "testing")]
wit_bindgen::generate!({
    path: "../wit",
    world: "checker",
    additional_derives: [PartialEq, Eq, Hash, Clone, wardline_json_derive::ContractJson],
    pub_export_macro: true,
    export_macro_name: "export_component",
});
