//! Trains exclusive or, with a callback, an optimizer, structures and an error.

use chainrule_sys::*;
use std::ffi::{CStr, CString};
use std::os::raw::c_void;
use std::ptr::{null, null_mut};

unsafe extern "C" fn note(user: *mut c_void, epoch: *const crl_epoch) -> i32 {
    (*user.cast::<Vec<f64>>()).push((*epoch).cost);
    0
}

fn text<'a>(pointer: *const std::os::raw::c_char) -> &'a str {
    unsafe { CStr::from_ptr(pointer) }.to_str().unwrap()
}

#[test]
fn version() {
    assert_eq!(unsafe { crl_version() }, CRL_VERSION);
}

#[test]
fn exclusive_or() {
    let x: [f32; 8] = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    let t: [f32; 4] = [0.0, 1.0, 1.0, 0.0];
    let mut y = [0.0f32; 4];
    let mut costs: Vec<f64> = Vec::new();
    let name = CString::new("hidden").unwrap();
    let named = crl_layer_options { name: name.as_ptr(), ..Default::default() };
    let method = crl_optimizer_options { learning_rate: 0.01, ..Default::default() };
    let targets = crl_targets { values: t.as_ptr(), rows: 4, columns: 1, stride: 1, ..Default::default() };
    unsafe {
        let (mut network, mut optimizer) = (null_mut(), null_mut());
        assert_eq!(crl_network_create(2, &mut network), CRL_OK);
        assert_eq!(crl_network_add_dense(network, 8, CRL_TANH, &named), CRL_OK);
        assert_eq!(crl_network_add_dense(network, 1, CRL_SIGMOID, null()), CRL_OK);
        assert_eq!(crl_network_build(network, 1), CRL_OK);
        assert_eq!(crl_optimizer_create(network, &method, &mut optimizer), CRL_OK);
        let mut options = crl_train_options {
            optimizer,
            epochs: 2000,
            on_epoch: Some(note),
            user: (&mut costs as *mut Vec<f64>).cast(),
            ..Default::default()
        };
        assert_eq!(crl_network_fit(network, x.as_ptr(), 4, 2, &targets, null(), &options), CRL_OK);
        assert_eq!(crl_network_predict(network, x.as_ptr(), 4, 2, y.as_mut_ptr(), 4, 1), CRL_OK);
        assert!(y.iter().zip(&t).all(|(y, t)| (y - t).abs() < 0.2), "{y:?}");
        assert_eq!(costs.len(), 2000);
        assert!(costs[1999] < costs[0] / 10.0);

        let mut layer = crl_layer::default();
        assert_eq!(crl_network_layer(network, 0, &mut layer), CRL_OK);
        assert_eq!((layer.units, layer.activation, text(layer.name)), (8, CRL_TANH, "hidden"));

        options.epochs = 0;
        assert_eq!(crl_network_fit(network, x.as_ptr(), 4, 2, &targets, null(), &options), CRL_ERROR_SIZE);
        assert!(text(crl_error_message()).contains("epochs is 0"));
        crl_optimizer_destroy(optimizer);
        crl_network_destroy(network);
    }
}
