//! Backpropagation a step at a time on the exclusive or: the forward pass, the cost, the backward pass and a step of one's own.
//!
//!     CHAINRULE_LIB_DIR=build/lib CHAINRULE_STATIC=1 cargo run --example exclusive_or

use chainrule_sys::*;
use std::ffi::CStr;
use std::ptr::{null, null_mut};
use std::slice;

fn check(status: crl_status) -> Result<(), String> {
    if status == CRL_OK {
        return Ok(());
    }
    Err(unsafe { CStr::from_ptr(crl_error_message()) }.to_string_lossy().into_owned())
}

fn main() -> Result<(), String> {
    let x: [f32; 8] = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
    let t: [f32; 4] = [0.0, 1.0, 1.0, 0.0];
    let targets = crl_targets { values: t.as_ptr(), rows: 4, columns: 1, stride: 1, ..Default::default() };
    let mut y = [0.0f32; 4];
    let mut dc_dy = [0.0f32; 4];
    let mut cost = 0.0;

    unsafe {
        let mut network = null_mut();
        check(crl_network_create(2, &mut network))?;
        check(crl_network_add_dense(network, 8, CRL_TANH, null()))?;
        check(crl_network_add_dense(network, 1, CRL_SIGMOID, null()))?;
        check(crl_network_build(network, 1))?;
        let mut workspace = null_mut();
        check(crl_workspace_create(network, 4, CRL_PURPOSE_TRAINING, &mut workspace))?;

        let (mut parameters, mut count) = (null_mut(), 0);
        check(crl_network_parameters(network, &mut parameters, &mut count))?;
        let mut gradients = vec![0.0f32; count];
        for step in 1..=2000 {
            check(crl_forward(network, workspace, x.as_ptr(), 4, 2, y.as_mut_ptr(), 4, 1))?;
            check(crl_cost(null(), y.as_ptr(), 4, 1, 1, &targets, &mut cost, dc_dy.as_mut_ptr(), 4, 1))?;
            let gradients_start = gradients.as_mut_ptr();
            check(crl_backward(network, workspace, dc_dy.as_ptr(), 4, 1, gradients_start, count, 0, null_mut(), 0, 0))?;
            // The weights are the network's own memory; no reference to them outlives the step.
            for (weight, gradient) in slice::from_raw_parts_mut(parameters, count).iter_mut().zip(&gradients) {
                *weight -= 2.0 * gradient;
            }
            if step % 400 == 0 {
                println!("step {step:4}: cost {cost:.6}");
            }
        }
        check(crl_network_predict(network, x.as_ptr(), 4, 2, y.as_mut_ptr(), 4, 1))?;
        crl_workspace_destroy(workspace);
        crl_network_destroy(network);
    }
    println!("y = {y:.3?}");
    if y.iter().zip(&t).any(|(y, t)| (y - t).abs() > 0.2) {
        return Err("the network has not learnt exclusive or".to_string());
    }
    Ok(())
}
